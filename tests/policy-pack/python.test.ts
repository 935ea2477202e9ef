// A component in Python is judged like the same in TypeScript: finding by finding.
import { deepStrictEqual, match } from "node:assert/strict";
import { execFile } from "node:child_process";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Mesh, MeshService } from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane, temporaryFolder } from "../support/control-plane.js";
import { canaryPython } from "../support/tools.js";
import { pack, policedStack, said } from "./stack.js";

const example = fileURLToPath(new URL("../../../examples/canary-python", import.meta.url));
const program = fileURLToPath(new URL("../../policy-pack/judged.py", import.meta.url));

/** The program of examples/canary-python, in TypeScript. */
async function canary(): Promise<void> {
  const { meshName } = new Mesh("shop", { meshName: "shop" });
  const dns = (hostname: string) => ({ dns: { hostname } });
  new MeshService("catalog", {
    meshName,
    virtualServiceName: "catalog.shop.local",
    listener: { portMapping: { port: 8080, protocol: "http" } },
    versions: {
      v1: { weight: 90, serviceDiscovery: dns("catalog-v1.shop.internal") },
      v2: { weight: 10, serviceDiscovery: dns("catalog-v2.shop.internal") },
    },
    httpRoute: {
      retryPolicy: {
        maxRetries: 2,
        perRetryTimeout: { value: 500, unit: "ms" },
        httpRetryEvents: ["server-error"],
      },
    },
  });
}

describe("the policy pack on a component in Python", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  before(async () => {
    controlPlane = await startControlPlane();
  });
  after(() => controlPlane.stop());

  it("stops it for what stops the same in TypeScript", async function () {
    const python = await canaryPython();
    if (python === undefined) return this.skip();
    const stack = await policedStack({ APPMESH_ENDPOINT: controlPlane.api });
    const expected = await stack.preview(canary, { policyPacks: [pack] });
    match(expected.failure ?? "", /preview failed/);

    const folder = temporaryFolder();
    const { stdout } = await promisify(execFile)(python.python, [program, folder, pack], {
      env: {
        ...process.env,
        ...stack.env,
        PULUMI_BACKEND_URL: `file://${folder}`,
        PYTHONPATH: [example, python.path].join(delimiter),
        PYTHONDONTWRITEBYTECODE: "1",
      },
    });
    const answer = JSON.parse(/^answer (.*)$/m.exec(stdout)?.[1] ?? "{}") as {
      stopped: boolean;
      said: [string, string, string, string][];
    };
    const events = answer.said.map(([policyName, enforcementLevel, resourceUrn, message]) => ({
      policyEvent: { policyName, enforcementLevel, resourceUrn, message },
    }));
    const found = said({ ...expected, events: events as never });
    deepStrictEqual(answer.stopped, true);
    deepStrictEqual(found, said(expected));
    deepStrictEqual(
      found.filter(({ level }) => level === "mandatory").map(({ rule, about }) => `${rule} ${about}`),
      ["tls-listener-strict catalog-v1", "tls-listener-strict catalog-v2"],
    );
  });
});
