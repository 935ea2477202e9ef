import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ApiError } from "./api-client.js";
import { readMesh } from "./read-mesh.js";

const arn = (path: string) => `arn:${path}`;
const described = (path: string, own: object) => ({
  meshName: "shop",
  spec: {},
  ...own,
  metadata: { arn: arn(path) },
});

/** What the API answers, by path and query; lists come page by page. */
const answers: Readonly<Record<string, object>> = {
  "meshes/shop?meshOwner=1": described("mesh", {}),
  "tags?resourceArn=arn%3Amesh": { tags: [{ key: "a", value: "1" }], nextToken: "t" },
  "tags?resourceArn=arn%3Amesh&nextToken=t": { tags: [{ key: "b", value: "2" }] },
  "meshes/shop/virtualNodes?meshOwner=1": { virtualNodes: [{ virtualNodeName: "x" }], nextToken: "n" },
  "meshes/shop/virtualNodes?meshOwner=1&nextToken=n": { virtualNodes: [{ virtualNodeName: "y" }] },
  "meshes/shop/virtualNodes/x?meshOwner=1": described("x", { virtualNodeName: "x" }),
  "meshes/shop/virtualNodes/y?meshOwner=1": described("y", { virtualNodeName: "y" }),
  "meshes/shop/virtualRouters?meshOwner=1": { virtualRouters: [{ virtualRouterName: "r" }] },
  "meshes/shop/virtualRouters/r?meshOwner=1": described("r", { virtualRouterName: "r" }),
  "meshes/shop/virtualRouter/r/routes?meshOwner=1": { routes: [{ routeName: "all" }] },
  "meshes/shop/virtualRouter/r/routes/all?meshOwner=1": described("all", { routeName: "all" }),
  "meshes/shop/virtualServices?meshOwner=1": { virtualServices: [] },
  "meshes/shop/virtualGateways?meshOwner=1": { virtualGateways: [{ virtualGatewayName: "edge" }] },
  "meshes/shop/virtualGateways/edge?meshOwner=1": described("edge", { virtualGatewayName: "edge" }),
  "meshes/shop/virtualGateway/edge/gatewayRoutes?meshOwner=1": { gatewayRoutes: [{ gatewayRouteName: "g" }] },
  "meshes/shop/virtualGateway/edge/gatewayRoutes/g?meshOwner=1": described("g", { gatewayRouteName: "g" }),
  ...Object.fromEntries(
    ["x", "y", "r", "all", "edge", "g"].map((name) => [`tags?resourceArn=arn%3A${name}`, { tags: [] }]),
  ),
};

describe("Reading a mesh by the API", () => {
  let server: Server;
  const asked: string[] = [];
  before(async () => {
    server = createServer((request, response) => {
      const path = (request.url ?? "").replace("/v20190125/", "");
      asked.push(path);
      const answer = answers[path];
      response
        .writeHead(answer ? 200 : 404)
        .end(JSON.stringify(answer ?? { message: `there is no ${path}` }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(() => server.close());
  const client = () => ({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: "us-east-1",
    credentials: undefined,
    ca: undefined,
  });

  it("gives every entity of every page, with its tags, and asks for nothing twice", async () => {
    const entities = await readMesh(client(), "shop", "1");
    const named = (path: string, own: object) => ({ ...described(path, own), tags: [] });
    assert.deepEqual(entities, [
      {
        ...described("mesh", {}),
        tags: [
          { key: "a", value: "1" },
          { key: "b", value: "2" },
        ],
      },
      named("x", { virtualNodeName: "x" }),
      named("y", { virtualNodeName: "y" }),
      named("r", { virtualRouterName: "r" }),
      named("all", { routeName: "all" }),
      named("edge", { virtualGatewayName: "edge" }),
      named("g", { gatewayRouteName: "g" }),
    ]);
    assert.deepEqual(asked.toSorted(), Object.keys(answers).toSorted());
  });

  it("says what is not there", async () => {
    await assert.rejects(readMesh(client(), "other"), new ApiError("there is no meshes/other"));
  });
});
