// `appmesh check`, as scripts run it.
import { deepStrictEqual, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startControlPlane, temporaryFolder } from "../support/control-plane.js";

const appmesh = fileURLToPath(new URL("../../../node_modules/.bin/appmesh", import.meta.url));

describe("appmesh check", function () {
  this.timeout(180_000);
  const folder = temporaryFolder();
  const file = (name: string, content: unknown) => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  };
  const open = { meshName: "shop", spec: { egressFilter: { type: "ALLOW_ALL" } } };
  function run(
    args: readonly string[],
    input = "",
  ): { status: number | null; stdout: string; stderr: string } {
    const { status, stdout, stderr } = spawnSync(appmesh, ["check", ...args], { input, encoding: "utf8" });
    return { status, stdout, stderr };
  }

  it("ends with 1 where something mandatory was found, with 0 where not", () => {
    const found =
      "[mandatory] egress-drop-all: spec.egressFilter.type: ALLOW_ALL lets traffic out to any address; set it to DROP_ALL.";
    const path = file("mesh.json", open);
    deepStrictEqual(run([path]), {
      status: 1,
      stdout: `${path}: mesh shop: ${found}\n1 found in 1 resource, of which 1 is mandatory\n`,
      stderr: "",
    });
    deepStrictEqual(run(["-"], JSON.stringify(open)), {
      status: 1,
      stdout: `-: mesh shop: ${found}\n1 found in 1 resource, of which 1 is mandatory\n`,
      stderr: "",
    });
    const settings = file("settings.json", { rules: { "egress-drop-all": "advisory" } });
    deepStrictEqual(run(["--settings", settings, "--format", "json", path]).status, 0);
  });

  it("judges a mesh of a running control plane, with all that is in it and its tags", async () => {
    const controlPlane = await startControlPlane();
    try {
      const mesh = "/v20190125/meshes/shop";
      const put = async (path: string, body: object) =>
        deepStrictEqual((await controlPlane.call("PUT", path, body)).status, 200, path);
      const tags = [{ key: "owner", value: "shop" }];
      await put("/v20190125/meshes", { meshName: "shop", spec: open.spec, tags });
      for (const name of ["a", "b"])
        await put(`${mesh}/virtualNodes`, { virtualNodeName: name, spec: {}, ...(name === "a" && { tags }) });
      const listeners = [{ portMapping: { port: 8080, protocol: "http" } }];
      await put(`${mesh}/virtualRouters`, { virtualRouterName: "r", spec: { listeners }, tags });
      const action = { weightedTargets: [{ virtualNode: "a", weight: 0 }] };
      const spec = { httpRoute: { match: { prefix: "/" }, action } };
      await put(`${mesh}/virtualRouter/r/routes`, { routeName: "all", spec, tags });
      const settings = file("running.json", {
        all: "disabled",
        rules: {
          "egress-drop-all": "mandatory",
          "route-weights": "advisory",
          "required-tags": { level: "mandatory", tags: ["owner"] },
        },
      });
      const { api } = controlPlane;
      const args = ["--mesh", "shop", "--endpoint", api, "--settings", settings];
      deepStrictEqual(run(args), {
        status: 1,
        stdout: [
          `${api}: route all: [advisory] route-weights: spec.httpRoute.action.weightedTargets: all 1 weights are 0: every request is answered with 503; give one of them a weight above 0.`,
          `${api}: mesh shop: [mandatory] egress-drop-all: spec.egressFilter.type: ALLOW_ALL lets traffic out to any address; set it to DROP_ALL.`,
          `${api}: virtualNode b: [mandatory] required-tags: the tag owner is missing; give it.`,
          "3 found in 5 resources, of which 2 are mandatory",
          "",
        ].join("\n"),
        stderr: "",
      });
      const missing = run(["--mesh", "none", "--endpoint", api]);
      deepStrictEqual([missing.status, missing.stdout], [2, ""]);
      match(missing.stderr, /^appmesh check: .*none/);
      deepStrictEqual(run([]), {
        status: 2,
        stdout: "",
        stderr: "appmesh check: name the files to judge, or the mesh of a running control plane by --mesh\n",
      });
    } finally {
      await controlPlane.stop();
    }
  });

  it("ends with 2 and says why where it cannot judge", () => {
    const settings = file("wrong.json", { rules: { "tls-strict": "mandatory" } });
    const { status, stdout, stderr } = run(["--settings", settings, file("mesh.json", open)]);
    deepStrictEqual(
      { status, stdout, stderr: stderr.split(";")[0] },
      {
        status: 2,
        stdout: "",
        stderr:
          "appmesh check: the settings of the policy pack cannot be followed:\n  rules.tls-strict: there is no such name",
      },
    );
    const missing = join(folder, "missing.json");
    deepStrictEqual(run([missing]), {
      status: 2,
      stdout: "",
      stderr: `appmesh check: ${missing}: ENOENT: no such file or directory, open '${missing}'\n`,
    });
    deepStrictEqual(run([file("other.json", { a: 1 })]).status, 2);
  });
});
