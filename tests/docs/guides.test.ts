// docs/_index.md and the guides: their programs run with Pulumi's real engine.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Run, TestStack } from "../provider/stack.js";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const guides = ["_index", "canary", "blue-green", "mutual-tls", "moving-from-aws"] as const;
type Guide = (typeof guides)[number];

describe("the guides", function () {
  this.timeout(180_000);
  let folder: string;
  let controlPlane: ControlPlane;
  let stack: TestStack;
  before(async () => {
    // Inside the clone, so that the programs find the SDK where any other program here does.
    mkdirSync(join(root, "tests/dist"), { recursive: true });
    folder = mkdtempSync(join(root, "tests/dist/guides-"));
    for (const guide of guides) {
      const text = readFileSync(join(root, `docs/${guide}.md`), "utf8");
      writeFileSync(file(guide), /```ts\n([\s\S]*?)```/.exec(text)?.[1] ?? assert.fail(guide));
    }
    controlPlane = await startControlPlane();
    stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await controlPlane?.stop();
  });
  afterEach(async () => {
    assert.equal((await stack.destroy()).failure, undefined);
  });

  const file = (guide: Guide) => join(folder, `${guide}.mts`);
  let runs = 0;
  const up = async (guide: Guide): Promise<Run> => {
    const url = `${pathToFileURL(file(guide))}?run=${runs++}`;
    const run = await stack.up(async () => ({ ...(await import(url)) }));
    assert.deepEqual([run.failure, run.messages], [undefined, []]);
    return run;
  };
  const spec = async (path: string) =>
    (await controlPlane.call("GET", `/v20190125/meshes/shop/${path}`)).body.spec;
  const weights = async () => {
    const { httpRoute } = await spec("virtualRouter/catalog-router/routes/catalog-route");
    return httpRoute.action.weightedTargets.map(({ weight }: { weight: number }) => weight);
  };

  it("begin with a service and a gateway", async () => {
    assert.deepEqual((await up("_index")).outputs, {
      proxies: { v1: "catalog-v1" },
      gateway: "ingress-gateway",
    });
  });

  it("shift a canary's share by one route, and lead a header to it", async () => {
    await up("canary");
    assert.deepEqual(await weights(), [100, 0]);
    const { httpRoute } = await spec("virtualRouter/catalog-router/routes/catalog-v2-preview");
    assert.deepEqual(httpRoute.match.headers, [{ name: "x-preview", match: { exact: "v2" } }]);
    await stack.stack.setConfig("canaryShare", { value: "5" });
    const { steps } = await up("canary");
    assert.deepEqual(
      steps.filter(({ diff }) => diff !== undefined).map(({ name }) => name),
      ["catalog-route"],
    );
    assert.deepEqual(await weights(), [95, 5]);
  });

  it("swap blue and green", async () => {
    await up("blue-green");
    assert.deepEqual(await weights(), [100, 0]);
    await stack.stack.setConfig("live", { value: "green" });
    await up("blue-green");
    assert.deepEqual(await weights(), [0, 100]);
  });

  it("ask both sides for certificates", async () => {
    await up("mutual-tls");
    const [listener] = (await spec("virtualNodes/catalog-v1")).listeners;
    assert.deepEqual(Object.keys(listener.tls).sort(), ["certificate", "mode", "validation"]);
    const [backend] = (await spec("virtualNodes/storefront")).backends;
    assert.equal(backend.virtualService.clientPolicy.tls.enforce, true);
  });

  it("take over a mesh that another program has made, and change nothing", async () => {
    await stack.stack.setConfig("adopt", { value: "true" });
    const portMapping = { port: 8080, protocol: "http" };
    const entities: [string, object][] = [
      ["", { meshName: "shop" }],
      [
        "/shop/virtualNodes",
        {
          virtualNodeName: "catalog-v1",
          spec: {
            listeners: [{ portMapping }],
            serviceDiscovery: { dns: { hostname: "catalog-v1.shop.internal" } },
          },
        },
      ],
      ["/shop/virtualRouters", { virtualRouterName: "catalog", spec: { listeners: [{ portMapping }] } }],
      [
        "/shop/virtualRouter/catalog/routes",
        {
          routeName: "all",
          spec: {
            httpRoute: {
              match: { prefix: "/" },
              action: { weightedTargets: [{ virtualNode: "catalog-v1", weight: 100 }] },
            },
          },
        },
      ],
    ];
    for (const [path, body] of entities)
      assert.equal((await controlPlane.call("PUT", `/v20190125/meshes${path}`, body)).status, 200);
    const { steps } = await up("moving-from-aws");
    assert.deepEqual(
      steps.map(({ op }) => op),
      ["import", "import", "import", "import"],
    );
    await stack.stack.removeConfig("adopt");
    assert.deepEqual((await up("moving-from-aws")).steps, []);
    const { metadata } = (await controlPlane.call("GET", "/v20190125/meshes/shop")).body;
    assert.equal(metadata.version, 1);
  });
});
