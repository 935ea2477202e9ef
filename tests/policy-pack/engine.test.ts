// The pack on the real engine: what it stops, changes, says and leaves alone, in previews and updates.
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Mesh, Provider, Route, VirtualNode, VirtualRouter, VirtualService } from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane, temporaryFolder } from "../support/control-plane.js";
import { pack, policedStack, said } from "./stack.js";

const listener = { portMapping: { port: 8080, protocol: "http" as const } };
const dns = { dns: { hostname: "web.internal" } };
const tls = {
  mode: "PERMISSIVE" as const,
  certificate: { file: { certificateChain: "/c.pem", privateKey: "/k.pem" } },
};

describe("the policy pack on the real engine", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let env: Record<string, string>;
  before(async () => {
    controlPlane = await startControlPlane();
    env = { APPMESH_ENDPOINT: controlPlane.api };
  });
  after(() => controlPlane.stop());

  const only = (...rules: [string, unknown][]) => ({ all: "disabled", rules: Object.fromEntries(rules) });

  it("stops a preview for what is mandatory, only speaks of what is advice, and names resource and path", async () => {
    const stack = await policedStack(env, only(["egress-drop-all", "mandatory"], ["access-log", "advisory"]));
    const program = (type: "ALLOW_ALL" | "DROP_ALL") => async () => {
      const { meshName } = new Mesh("stopped", { meshName: "stopped", spec: { egressFilter: { type } } });
      new VirtualNode("web", {
        meshName,
        virtualNodeName: "web",
        spec: { listeners: [listener], serviceDiscovery: dns },
      });
    };
    const advice = {
      rule: "access-log",
      level: "advisory",
      about: "web",
      message:
        "Virtual nodes and gateways write an access log. Without one nobody can tell afterwards who called what, nor why it failed.\n" +
        "spec.logging.accessLog: there is no access log; set file.path to /dev/stdout.",
    };
    const refused = await stack.preview(program("ALLOW_ALL"), { policyPacks: [pack] });
    match(refused.failure ?? "", /preview failed/);
    deepStrictEqual(said(refused), [
      advice,
      {
        rule: "egress-drop-all",
        level: "mandatory",
        about: "stopped",
        message:
          "The egress filter of a mesh is DROP_ALL. With ALLOW_ALL a program that was broken into sends what it likes to where it likes, and past every rule of the mesh.\n" +
          "spec.egressFilter.type: ALLOW_ALL lets traffic out to any address; set it to DROP_ALL.",
      },
    ]);
    const taken = await stack.preview(program("DROP_ALL"), { policyPacks: [pack] });
    strictEqual(taken.failure, undefined);
    deepStrictEqual(said(taken), [advice]);
  });

  it("changes what is created where a fix is safe", async () => {
    const stack = await policedStack(env, {
      all: "disabled",
      families: { egress: "remediate", tls: "remediate", observability: "remediate" },
      rules: { "tls-coverage": "disabled", "tls-managed-certificates": "disabled", "tls-mutual": "disabled" },
    });
    const run = await stack.up(
      async () => {
        const { meshName } = new Mesh("mended", {
          meshName: "mended",
          spec: { egressFilter: { type: "ALLOW_ALL" } },
        });
        new VirtualNode("web", {
          meshName,
          virtualNodeName: "web",
          spec: { listeners: [{ ...listener, tls }], serviceDiscovery: dns },
        });
      },
      { policyPacks: [pack] },
    );
    strictEqual(run.failure, undefined);
    const specs = Object.fromEntries(
      (await stack.resources()).map(({ urn, outputs }) => [urn.split("::").at(-1), outputs.spec]),
    );
    deepStrictEqual(specs, {
      mended: { egressFilter: { type: "DROP_ALL" } },
      web: {
        listeners: [{ ...listener, tls: { ...tls, mode: "STRICT" } }],
        serviceDiscovery: dns,
        logging: { accessLog: { file: { path: "/dev/stdout" } } },
      },
    });
    strictEqual((await stack.destroy()).failure, undefined);
  });

  it("leaves alone what is exempt, and says so with the reason", async () => {
    const stack = await policedStack(env, {
      ...only(["egress-drop-all", "mandatory"]),
      exemptions: [
        { urn: "*::appmesh:index:Mesh::lab", rules: ["egress-drop-all"], reason: "the lab calls everybody" },
        { rules: ["egress-drop-all"], reason: "until the move", expires: "2020-01-01" },
      ],
    });
    const run = await stack.preview(
      async () => {
        new Mesh("lab", { meshName: "lab", spec: { egressFilter: { type: "ALLOW_ALL" } } });
      },
      { policyPacks: [pack] },
    );
    strictEqual(run.failure, undefined);
    deepStrictEqual(
      said(run).map(({ rule, level, message }) => ({ rule, level, message: message.split("\n").at(-1) })),
      [
        {
          rule: "exemptions",
          level: "advisory",
          message:
            "1 finding is exempt from egress-drop-all of *::appmesh:index:Mesh::lab (the lab calls everybody)",
        },
        {
          rule: "exemptions",
          level: "advisory",
          message:
            "the exemption from egress-drop-all of all resources ended on 2020-01-01 (until the move): it is over",
        },
      ],
    );
  });

  it("waits for what is not known at the preview, and judges it in the update before it is made", async () => {
    const stack = await policedStack(
      env,
      only(["tls-client-policy", "mandatory"], ["access-log", "mandatory"]),
    );
    const program = async () => {
      const { meshName, arn } = new Mesh("late", { meshName: "late" });
      new VirtualNode("web", {
        meshName,
        virtualNodeName: "web",
        spec: {
          backends: [{ virtualService: { virtualServiceName: "db.late.local" } }],
          // Nothing but what has the mesh's ARN, which the control plane gives, is not known.
          backendDefaults: arn.apply(() => ({})),
          logging: arn.apply((text) => ({ accessLog: { file: { path: `/log/${text.length}` } } })),
        },
      });
    };
    const preview = await stack.preview(program, { policyPacks: [pack] });
    strictEqual(preview.failure, undefined);
    deepStrictEqual(said(preview), []);
    const up = await stack.up(program, { policyPacks: [pack] });
    match(up.failure ?? "", /exit code 1/);
    deepStrictEqual(
      said(up).map(({ rule, level, about, message }) => ({
        rule,
        level,
        about,
        message: message.split("\n").at(-1),
      })),
      [
        {
          rule: "tls-client-policy",
          level: "mandatory",
          about: "web",
          message:
            "spec.backendDefaults.clientPolicy.tls: there is no TLS client policy for the backend without a policy of its own; give one with a validation of the certificate.",
        },
      ],
    );
    deepStrictEqual(
      (await stack.resources()).map(({ type }) => type),
      ["appmesh:index:Mesh"],
    );
    strictEqual((await stack.destroy()).failure, undefined);
  });

  it("judges meshes of one name in two regions each by itself", async () => {
    const stack = await policedStack(env, only(["routes-reachable", "mandatory"]));
    const program =
      (...regions: string[]) =>
      async () => {
        for (const [index, region] of regions.entries()) {
          const provider = new Provider(`${index}`, { endpoint: controlPlane.api, region });
          new Route(
            `${index}`,
            {
              meshName: "regional",
              virtualRouterName: "web",
              routeName: "all",
              spec: {
                httpRoute: {
                  match: { prefix: "/" },
                  action: { weightedTargets: [{ virtualNode: "web", weight: 1 }] },
                },
              },
            },
            { provider },
          );
        }
      };
    const two = await stack.preview(program("eu-west-1", "us-east-1"), { policyPacks: [pack] });
    strictEqual(two.failure, undefined);
    deepStrictEqual(said(two), []);
    const one = await stack.preview(program("eu-west-1", "eu-west-1"), { policyPacks: [pack] });
    match(one.failure ?? "", /preview failed/);
    deepStrictEqual(
      said(one).map(({ rule }) => rule),
      ["routes-reachable"],
    );
  });

  it("judges a mesh as a whole, and takes levels and settings from Pulumi's own configuration", async () => {
    const stack = await policedStack(env, only());
    const config = join(temporaryFolder(), "policies.json");
    writeFileSync(
      config,
      JSON.stringify({ "retry-amplification": { enforcementLevel: "mandatory", maximum: 4 } }),
    );
    const run = await stack.preview(
      async () => {
        const { meshName } = new Mesh("whole", { meshName: "whole" });
        const node = (name: string, ...backends: string[]) =>
          new VirtualNode(name, {
            meshName,
            virtualNodeName: name,
            spec: {
              backends: backends.map((virtualServiceName) => ({ virtualService: { virtualServiceName } })),
            },
          });
        node("a", "b.local");
        node("b");
        const { virtualRouterName } = new VirtualRouter("b", {
          meshName,
          virtualRouterName: "b",
          spec: { listeners: [{ portMapping: listener.portMapping }] },
        });
        new VirtualService("b", {
          meshName,
          virtualServiceName: "b.local",
          spec: { provider: { virtualRouter: { virtualRouterName } } },
        });
        new Route("b", {
          meshName,
          virtualRouterName,
          routeName: "all",
          spec: {
            httpRoute: {
              match: { prefix: "/" },
              action: { weightedTargets: [{ virtualNode: "b", weight: 1 }] },
              retryPolicy: {
                maxRetries: 4,
                perRetryTimeout: { value: 1, unit: "s" },
                tcpRetryEvents: ["connection-error"],
              },
            },
          },
        });
      },
      { policyPacks: [pack], policyPackConfigs: [config] },
    );
    match(run.failure ?? "", /preview failed/);
    deepStrictEqual(
      said(run).map(({ rule, level, about, message }) => ({
        rule,
        level,
        about,
        message: message.split("\n").at(-1),
      })),
      [
        {
          rule: "retry-amplification",
          level: "mandatory",
          about: "a",
          message:
            "one request may become 5 on the way a -> b, and 4 are allowed; lower maxRetries on the routes of that way.",
        },
      ],
    );
  });

  it("runs a pack of one's own, as the README has it", async () => {
    const readme = readFileSync(join(pack, "README.md"), "utf8");
    const program = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? "";
    const own = temporaryFolder();
    writeFileSync(join(own, "PulumiPolicy.yaml"), "runtime: nodejs\n");
    writeFileSync(
      join(own, "package.json"),
      JSON.stringify({ name: "own", version: "1.0.0", type: "module", main: "index.js" }),
    );
    writeFileSync(join(own, "index.js"), program);
    mkdirSync(join(own, "node_modules/@pulumi-appmesh"), { recursive: true });
    symlinkSync(pack, join(own, "node_modules/@pulumi-appmesh/policy-pack"), "dir");
    const stack = await policedStack(env);
    const run = await stack.preview(
      async () => {
        new Mesh("own", { meshName: "own" });
      },
      { policyPacks: [own] },
    );
    strictEqual(run.failure, undefined);
    deepStrictEqual(
      said(run).map(({ rule, level, about, message }) => ({
        rule,
        level,
        about,
        message: message.split("\n").at(-1),
      })),
      [
        {
          rule: "required-tags",
          level: "advisory",
          about: "own",
          message: "the tag owner is missing; give it.",
        },
      ],
    );
  });

  it("does not start with settings that it does not understand, and says why", async () => {
    const stack = await policedStack(env, { rules: { "tls-strict": "mandatory" } });
    const run = await stack.preview(async () => {}, { policyPacks: [pack] });
    match(
      run.failure ?? "",
      /the settings of the policy pack cannot be followed:\s+rules\.tls-strict: there is no such name/,
    );
    const missing = join(temporaryFolder(), "none.json");
    rmSync(missing, { force: true });
    const other = await policedStack({ ...env, APPMESH_POLICY_SETTINGS: missing });
    match(
      (await other.preview(async () => {}, { policyPacks: [pack] })).failure ?? "",
      /APPMESH_POLICY_SETTINGS names \S+none\.json, which cannot be read as JSON/,
    );
  });
});
