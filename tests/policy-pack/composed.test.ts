// The rules in a pack of somebody's own, made with Pulumi's SDK for policies, beside a rule of theirs.
import { deepStrictEqual, match } from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { output, secret } from "@pulumi/pulumi";
import { Mesh, VirtualNode } from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane, temporaryFolder } from "../support/control-plane.js";
import { policedStack, said } from "./stack.js";

const modules = fileURLToPath(new URL("../../../node_modules", import.meta.url));

/** The folder of a pack of one's own. */
function company(settings: object): string {
  const folder = join(temporaryFolder(), "company");
  mkdirSync(folder);
  symlinkSync(modules, join(folder, "node_modules"));
  writeFileSync(join(folder, "PulumiPolicy.yaml"), "runtime: nodejs\n");
  writeFileSync(
    join(folder, "package.json"),
    '{"name": "company", "version": "1.0.0", "type": "module", "main": "index.mjs"}',
  );
  writeFileSync(
    join(folder, "index.mjs"),
    `import { PolicyPack } from "@pulumi/policy";
import { appMeshPolicies } from "@pulumi-appmesh/policy-pack/policies.js";
const own = {
  name: "no-nodes-called-web",
  description: "Nothing is called web.",
  enforcementLevel: "advisory",
  validateResource(args, report) {
    if (args.name === "web") report("it is called web");
  },
};
new PolicyPack("company", { policies: [own, ...appMeshPolicies(${JSON.stringify(settings)})] });
`,
  );
  return folder;
}

const readme = readFileSync(
  fileURLToPath(new URL("../../../policy-pack/README.md", import.meta.url)),
  "utf8",
);

describe("the rules in a pack of one's own", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  before(async () => {
    controlPlane = await startControlPlane();
  });
  after(() => controlPlane.stop());

  const listener = { portMapping: { port: 8080, protocol: "http" as const } };
  const program = async () => {
    const mesh = new Mesh("shop", { meshName: "shop", spec: { egressFilter: { type: "ALLOW_ALL" } } });
    new VirtualNode("web", {
      meshName: mesh.meshName,
      virtualNodeName: "web",
      // Not known in the preview, and secret.
      spec: {
        listeners: [listener],
        serviceDiscovery: { dns: { hostname: output(mesh.uid) } },
        backends: [{ virtualService: { virtualServiceName: secret("ratings.shop.local") } }],
      },
      tags: { team: "shop" },
    });
  };

  it("stop, remediate, skip and exempt as in the pack itself", async () => {
    const stack = await policedStack({ APPMESH_ENDPOINT: controlPlane.api });
    const settings = {
      all: "disabled",
      rules: { "egress-drop-all": "mandatory", "access-log": "remediate", "services-used": "advisory" },
    };
    const refused = await stack.preview(program, { policyPacks: [company(settings)] });
    match(refused.failure ?? "", /preview failed/);
    const told = said(refused).map(({ rule, level, about, message }) => [
      rule,
      level,
      about,
      message.split("\n").at(-1),
    ]);
    deepStrictEqual(told, [
      [
        "egress-drop-all",
        "mandatory",
        "shop",
        "spec.egressFilter.type: ALLOW_ALL lets traffic out to any address; set it to DROP_ALL.",
      ],
      ["no-nodes-called-web", "advisory", "web", "it is called web"],
    ]);

    const exempt = {
      ...settings,
      exemptions: [{ urn: "**::shop", rules: ["egress-drop-all"], reason: "The shop calls its bank." }],
    };
    const made = await stack.up(program, { policyPacks: [company(exempt)] });
    deepStrictEqual(made.failure, undefined);
    const { body } = await controlPlane.call("GET", "/v20190125/meshes/shop/virtualNodes/web");
    deepStrictEqual(body.spec.logging, { accessLog: { file: { path: "/dev/stdout" } } });
    deepStrictEqual(body.spec.backends, [{ virtualService: { virtualServiceName: "ratings.shop.local" } }]);
    deepStrictEqual(
      said(made).map(({ rule, level, message }) => [rule, level, /bank/.test(message)]),
      [
        ["exemptions", "advisory", true],
        ["no-nodes-called-web", "advisory", false],
      ],
    );
    await stack.destroy();
  });

  it("are had as the README shows it", async () => {
    const [, program = ""] = /```ts\n(import \{ PolicyPack \}.*?)```/s.exec(readme) ?? [];
    const folder = company({});
    writeFileSync(join(folder, "index.mjs"), program);
    const stack = await policedStack({ APPMESH_ENDPOINT: controlPlane.api });
    const refused = await stack.preview(
      async () => {
        new Mesh("open", { meshName: "open", spec: { egressFilter: { type: "ALLOW_ALL" } } });
      },
      { policyPacks: [folder] },
    );
    deepStrictEqual(
      said(refused)
        .filter(({ level }) => level === "mandatory")
        .map(({ rule, about }) => [rule, about]),
      [["egress-drop-all", "open"]],
    );
  });
});
