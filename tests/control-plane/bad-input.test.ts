// What is wrong is refused by a real control plane with its place and the way out, and leaves nothing behind.
import assert from "node:assert/strict";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";

const nodes = "/v20190125/meshes/shop/virtualNodes";
const routes = "/v20190125/meshes/shop/virtualRouter/catalog/routes";
const everything = [
  "/v20190125/meshes",
  "/v20190125/meshes/shop",
  nodes,
  `${nodes}/v1`,
  "/v20190125/meshes/shop/virtualRouters",
  "/v20190125/meshes/shop/virtualRouters/catalog",
  routes,
  `${routes}/all`,
  "/v20190125/meshes/shop/virtualServices",
  "/v20190125/meshes/shop/virtualServices/catalog.local",
  "/v20190125/meshes/shop/virtualGateways",
];
const routeTo = (...virtualNodes: string[]) => ({
  httpRoute: {
    match: { prefix: "/" },
    action: { weightedTargets: virtualNodes.map((virtualNode) => ({ virtualNode, weight: 1 })) },
  },
});

describe("bad input, at a real control plane", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let before: unknown;

  beforeEach(async () => {
    controlPlane = await startControlPlane();
    const put = async (path: string, body: object) => {
      const answer = await controlPlane.call("PUT", path, body);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
    };
    await put("/v20190125/meshes", { meshName: "shop" });
    await put(nodes, {
      virtualNodeName: "v1",
      spec: {
        listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
        serviceDiscovery: { dns: { hostname: "v1.internal" } },
      },
    });
    await put("/v20190125/meshes/shop/virtualRouters", {
      virtualRouterName: "catalog",
      spec: { listeners: [{ portMapping: { port: 8080, protocol: "http" } }] },
    });
    await put(routes, { routeName: "all", spec: routeTo("v1") });
    await put("/v20190125/meshes/shop/virtualServices", {
      virtualServiceName: "catalog.local",
      spec: { provider: { virtualRouter: { virtualRouterName: "catalog" } } },
    });
    before = await state();
  });
  afterEach(() => controlPlane.stop());

  const state = () =>
    Promise.all(
      everything.map(async (path) => {
        const { status, body } = await controlPlane.call("GET", path);
        return { path, status, body };
      }),
    );
  async function refused(method: string, path: string, body?: object) {
    const { status, headers, body: answer } = await controlPlane.call(method, path, body);
    return [status, headers.get("x-amzn-errortype"), answer.message];
  }
  /** Neither in what it serves, nor in what it keeps: versions and times are as they were, too. */
  async function nothingWritten(): Promise<void> {
    assert.deepEqual(await state(), before);
    const { data } = controlPlane;
    await controlPlane.stop();
    controlPlane = await startControlPlane({ data });
    assert.deepEqual(await state(), before);
  }

  it("names every place where a spec breaks the contract, on a creation and on an update", async () => {
    const spec = {
      listeners: [
        { portMapping: { port: 0, protocol: "htp" }, connectionPool: { http: { maxConnections: 0 } } },
      ],
      serviceDiscovery: { dns: { hostname: "v2.internal", responseTyp: "ENDPOINTS" } },
    };
    const refusal = [
      400,
      "BadRequestException",
      [
        "spec.listeners[0].portMapping.port: 0 was given; an integer from 1 to 65535 is allowed.",
        'spec.listeners[0].portMapping.protocol: "htp" was given; "http", "tcp", "http2" or "grpc" is allowed.',
        "spec.listeners[0].connectionPool.http.maxConnections: 0 was given; an integer from 1 to 2147483647 is allowed.",
        'spec.serviceDiscovery.dns.responseTyp: "responseTyp" is not a member of DnsServiceDiscovery; hostname, ' +
          "responseType and ipPreference are allowed. Did you mean responseType?",
      ].join("\n"),
    ];
    assert.deepEqual(
      [
        await refused("PUT", nodes, { virtualNodeName: "v2", spec }),
        await refused("PUT", `${nodes}/v1`, { spec }),
      ],
      [refusal, refusal],
    );
    await nothingWritten();
  });

  it("names the virtual node that a route sends to and that does not exist", async () => {
    const refusal = [
      404,
      "NotFoundException",
      "VirtualNode with name v9 is not present under mesh shop for account 000000000000",
    ];
    assert.deepEqual(
      [
        await refused("PUT", routes, { routeName: "more", spec: routeTo("v1", "v9") }),
        await refused("PUT", `${routes}/all`, { spec: routeTo("v1", "v9") }),
      ],
      [refusal, refusal],
    );
    await nothingWritten();
  });

  it("deletes nothing that others live in or refer to, and says what has to go first", async () => {
    assert.deepEqual(
      [
        await refused("DELETE", "/v20190125/meshes/shop"),
        await refused("DELETE", `${nodes}/v1`),
        await refused("DELETE", "/v20190125/meshes/shop/virtualRouters/catalog"),
      ],
      [
        [
          409,
          "ResourceInUseException",
          "Mesh shop for account 000000000000 has active VirtualNodes, please delete VirtualNodes before deleting the Mesh",
        ],
        [
          409,
          "ResourceInUseException",
          "VirtualNode with name v1 cannot be deleted because it is the target of one or more routes.",
        ],
        [409, "ResourceInUseException", "VirtualRouter you're trying to delete catalog has active routes"],
      ],
    );
    await nothingWritten();
  });
});
