// @aws-sdk/client-app-mesh, as a TypeScript program uses it: the types are its own, so that this compiles only if
// what App Mesh's users wrote compiles.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Agent } from "node:https";
import * as sdk from "@aws-sdk/client-app-mesh";
import { caOf } from "../control-plane/callers.js";
import { type AccessKey, type ControlPlane, startControlPlane } from "../support/control-plane.js";

const accessKey: AccessKey = {
  accessKeyId: "AKIDJAVASCRIPT",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const ARN = "arn:aws:appmesh:us-east-1:000000000000:";
const meshName = "js";

const http = { port: 8080, protocol: "http" } as const;
const nodeSpec: sdk.VirtualNodeSpec = {
  serviceDiscovery: {
    awsCloudMap: {
      namespaceName: "shop.local",
      serviceName: "catalog",
      attributes: [{ key: "stage", value: "prod" }],
      ipPreference: "IPv4_ONLY",
    },
  },
  listeners: [
    {
      portMapping: http,
      healthCheck: {
        protocol: "http",
        path: "/ping",
        intervalMillis: 5000,
        timeoutMillis: 2000,
        healthyThreshold: 2,
        unhealthyThreshold: 2,
      },
      tls: {
        mode: "STRICT",
        certificate: { file: { certificateChain: "/certs/chain.pem", privateKey: "/certs/key.pem" } },
        validation: {
          trust: { sds: { secretName: "spiffe://shop" } },
          subjectAlternativeNames: { match: { exact: ["web.shop.local"] } },
        },
      },
      timeout: { http: { perRequest: { value: 0, unit: "ms" }, idle: { value: 5, unit: "s" } } },
      outlierDetection: {
        maxServerErrors: 5,
        interval: { value: 10, unit: "s" },
        baseEjectionDuration: { value: 30, unit: "s" },
        maxEjectionPercent: 50,
      },
      connectionPool: { http: { maxConnections: 10, maxPendingRequests: 5 } },
    },
  ],
  backends: [{ virtualService: { virtualServiceName: "ratings.shop.local" } }],
  backendDefaults: {
    clientPolicy: {
      tls: { enforce: true, ports: [443], validation: { trust: { file: { certificateChain: "/ca.pem" } } } },
    },
  },
  logging: {
    accessLog: { file: { path: "/dev/stdout", format: { json: [{ key: "p", value: "%PROTOCOL%" }] } } },
  },
};
const routeSpec: sdk.RouteSpec = {
  priority: 0,
  http2Route: {
    match: {
      path: { regex: "/v[0-9]+/.*" },
      method: "GET",
      scheme: "http",
      headers: [{ name: "x-user", invert: true, match: { range: { start: -5, end: 10 } } }],
      queryParameters: [{ name: "canary", match: { exact: "yes" } }],
    },
    action: { weightedTargets: [{ virtualNode: "catalog", weight: 100, port: 8080 }] },
    retryPolicy: {
      maxRetries: 3,
      perRetryTimeout: { value: 250, unit: "ms" },
      httpRetryEvents: ["server-error"],
      tcpRetryEvents: ["connection-error"],
    },
    timeout: { perRequest: { value: 2, unit: "s" } },
  },
};
const gatewayRouteSpec: sdk.GatewayRouteSpec = {
  priority: 7,
  grpcRoute: {
    match: {
      serviceName: "shop.Catalog",
      hostname: { suffix: ".example.com" },
      metadata: [{ name: "x-tenant", match: { prefix: "a" } }],
    },
    action: {
      target: { virtualService: { virtualServiceName: "catalog.shop.local" }, port: 8080 },
      rewrite: { hostname: { defaultTargetHostname: "DISABLED" } },
    },
  },
};

for (const [scheme, options] of [
  ["HTTP", []],
  ["HTTPS", ["--tls-self-signed"]],
] as const)
  describe(`AWS SDK for JavaScript v3 over ${scheme}`, function () {
    this.timeout(180_000);
    let controlPlane: ControlPlane;
    let client: sdk.AppMesh;
    const called = new Set<string>();

    before(async () => {
      controlPlane = await startControlPlane({ accessKey, args: options });
      const ca = caOf(controlPlane);
      client = new sdk.AppMesh({
        endpoint: controlPlane.api,
        region: "us-east-1",
        credentials: accessKey,
        maxAttempts: 1,
        ...(ca && { requestHandler: { httpsAgent: new Agent({ ca: readFileSync(ca) }) } }),
      });
      client.middlewareStack.add(
        (next, context) => (args) => {
          called.add((context as { commandName: string }).commandName);
          return next(args);
        },
        { step: "initialize" },
      );
    });
    after(async () => {
      client?.destroy();
      await controlPlane?.stop();
    });

    it("calls all 38 operations, typed, and gets whole answers", async () => {
      const mesh = { meshName };
      const node = { meshName, virtualNodeName: "catalog" };
      const router = { meshName, virtualRouterName: "catalog" };
      const route = { ...router, routeName: "versions" };
      const service = { meshName, virtualServiceName: "catalog.shop.local" };
      const gateway = { meshName, virtualGatewayName: "edge" };
      const gatewayRoute = { ...gateway, gatewayRouteName: "catalog" };

      const meshSpec: sdk.MeshSpec = { serviceDiscovery: { ipPreference: "IPv6_PREFERRED" } };
      const createdMesh = (await client.createMesh({ ...mesh, spec: meshSpec })).mesh;
      assert.deepEqual(createdMesh, entity(mesh, "mesh/js", meshSpec, 1, createdMesh));
      assert.deepEqual((await client.describeMesh(mesh)).mesh, createdMesh);
      const meshSpec2: sdk.MeshSpec = { egressFilter: { type: "ALLOW_ALL" } };
      const updatedMesh = (await client.updateMesh({ ...mesh, spec: meshSpec2 })).mesh;
      assert.deepEqual(updatedMesh, entity(mesh, "mesh/js", meshSpec2, 2, updatedMesh));
      assert.deepEqual((await client.listMeshes({})).meshes, [reference(updatedMesh)]);

      const createdNode = (await client.createVirtualNode({ ...node, spec: nodeSpec })).virtualNode;
      const nodePath = "mesh/js/virtualNode/catalog";
      assert.deepEqual(createdNode, entity(node, nodePath, nodeSpec, 1, createdNode));
      assert.deepEqual((await client.describeVirtualNode(node)).virtualNode, createdNode);
      const nodeSpec2: sdk.VirtualNodeSpec = {
        ...nodeSpec,
        backends: [],
        listeners: [{ portMapping: http }],
      };
      const updatedNode = (await client.updateVirtualNode({ ...node, spec: nodeSpec2 })).virtualNode;
      assert.deepEqual(updatedNode, entity(node, nodePath, nodeSpec2, 2, updatedNode));
      assert.deepEqual((await client.listVirtualNodes(mesh)).virtualNodes, [reference(updatedNode)]);

      const routerSpec: sdk.VirtualRouterSpec = {
        listeners: [{ portMapping: { port: 8080, protocol: "http2" } }],
      };
      const routerPath = "mesh/js/virtualRouter/catalog";
      const createdRouter = (await client.createVirtualRouter({ ...router, spec: routerSpec })).virtualRouter;
      assert.deepEqual(createdRouter, entity(router, routerPath, routerSpec, 1, createdRouter));
      assert.deepEqual((await client.describeVirtualRouter(router)).virtualRouter, createdRouter);
      const routerSpec2: sdk.VirtualRouterSpec = {
        listeners: [{ portMapping: { port: 9090, protocol: "http2" } }],
      };
      const updatedRouter = (await client.updateVirtualRouter({ ...router, spec: routerSpec2 }))
        .virtualRouter;
      assert.deepEqual(updatedRouter, entity(router, routerPath, routerSpec2, 2, updatedRouter));
      assert.deepEqual((await client.listVirtualRouters(mesh)).virtualRouters, [reference(updatedRouter)]);

      const routePath = `${routerPath}/route/versions`;
      const createdRoute = (await client.createRoute({ ...route, spec: routeSpec })).route;
      assert.deepEqual(createdRoute, entity(route, routePath, routeSpec, 1, createdRoute));
      assert.deepEqual((await client.describeRoute(route)).route, createdRoute);
      const routeSpec2: sdk.RouteSpec = {
        tcpRoute: {
          action: { weightedTargets: [{ virtualNode: "catalog", weight: 1 }] },
          match: { port: 9090 },
          timeout: { idle: { value: 1, unit: "s" } },
        },
      };
      const updatedRoute = (await client.updateRoute({ ...route, spec: routeSpec2 })).route;
      assert.deepEqual(updatedRoute, entity(route, routePath, routeSpec2, 2, updatedRoute));
      assert.deepEqual((await client.listRoutes(router)).routes, [reference(updatedRoute)]);

      const serviceSpec: sdk.VirtualServiceSpec = {
        provider: { virtualNode: { virtualNodeName: "catalog" } },
      };
      const servicePath = "mesh/js/virtualService/catalog.shop.local";
      const createdService = (await client.createVirtualService({ ...service, spec: serviceSpec }))
        .virtualService;
      assert.deepEqual(createdService, entity(service, servicePath, serviceSpec, 1, createdService));
      assert.deepEqual((await client.describeVirtualService(service)).virtualService, createdService);
      const serviceSpec2: sdk.VirtualServiceSpec = {
        provider: { virtualRouter: { virtualRouterName: "catalog" } },
      };
      const updatedService = (await client.updateVirtualService({ ...service, spec: serviceSpec2 }))
        .virtualService;
      assert.deepEqual(updatedService, entity(service, servicePath, serviceSpec2, 2, updatedService));
      assert.deepEqual((await client.listVirtualServices(mesh)).virtualServices, [reference(updatedService)]);

      const gatewaySpec: sdk.VirtualGatewaySpec = {
        listeners: [
          {
            portMapping: { port: 443, protocol: "grpc" },
            tls: {
              mode: "PERMISSIVE",
              certificate: { acm: { certificateArn: "arn:aws:acm:us-east-1:000000000000:certificate/edge" } },
            },
            connectionPool: { grpc: { maxRequests: 50 } },
          },
        ],
        backendDefaults: { clientPolicy: {} },
        logging: { accessLog: { file: { path: "/dev/stdout" } } },
      };
      const gatewayPath = "mesh/js/virtualGateway/edge";
      const createdGateway = (await client.createVirtualGateway({ ...gateway, spec: gatewaySpec }))
        .virtualGateway;
      assert.deepEqual(createdGateway, entity(gateway, gatewayPath, gatewaySpec, 1, createdGateway));
      assert.deepEqual((await client.describeVirtualGateway(gateway)).virtualGateway, createdGateway);
      const gatewaySpec2: sdk.VirtualGatewaySpec = {
        listeners: [{ portMapping: { port: 8443, protocol: "grpc" } }],
      };
      const updatedGateway = (await client.updateVirtualGateway({ ...gateway, spec: gatewaySpec2 }))
        .virtualGateway;
      assert.deepEqual(updatedGateway, entity(gateway, gatewayPath, gatewaySpec2, 2, updatedGateway));
      assert.deepEqual((await client.listVirtualGateways(mesh)).virtualGateways, [reference(updatedGateway)]);

      const gatewayRoutePath = `${gatewayPath}/gatewayRoute/catalog`;
      const createdGatewayRoute = (
        await client.createGatewayRoute({ ...gatewayRoute, spec: gatewayRouteSpec })
      ).gatewayRoute;
      assert.deepEqual(
        createdGatewayRoute,
        entity(gatewayRoute, gatewayRoutePath, gatewayRouteSpec, 1, createdGatewayRoute),
      );
      assert.deepEqual((await client.describeGatewayRoute(gatewayRoute)).gatewayRoute, createdGatewayRoute);
      const gatewayRouteSpec2: sdk.GatewayRouteSpec = {
        httpRoute: {
          match: { prefix: "/catalog/", port: 8443 },
          action: {
            target: { virtualService: { virtualServiceName: "catalog.shop.local" } },
            rewrite: { prefix: { defaultPrefix: "DISABLED" } },
          },
        },
      };
      const updatedGatewayRoute = (
        await client.updateGatewayRoute({ ...gatewayRoute, spec: gatewayRouteSpec2 })
      ).gatewayRoute;
      assert.deepEqual(
        updatedGatewayRoute,
        entity(gatewayRoute, gatewayRoutePath, gatewayRouteSpec2, 2, updatedGatewayRoute),
      );
      assert.deepEqual((await client.listGatewayRoutes(gateway)).gatewayRoutes, [
        reference(updatedGatewayRoute),
      ]);

      const resourceArn = `${ARN}mesh/js`;
      const { $metadata: _, ...tagged } = await client.tagResource({
        resourceArn,
        tags: [
          { key: "team", value: "shop" },
          { key: "stage", value: "prod" },
        ],
      });
      assert.deepEqual(tagged, {});
      const { $metadata: __, ...untagged } = await client.untagResource({ resourceArn, tagKeys: ["team"] });
      assert.deepEqual(untagged, {});
      const { tags } = await client.listTagsForResource({ resourceArn });
      assert.deepEqual(tags, [{ key: "stage", value: "prod" }]);

      // What was described is answered once more, as it was, when it is deleted.
      const deleted = [
        [updatedGatewayRoute, (await client.deleteGatewayRoute(gatewayRoute)).gatewayRoute],
        [updatedGateway, (await client.deleteVirtualGateway(gateway)).virtualGateway],
        [updatedService, (await client.deleteVirtualService(service)).virtualService],
        [updatedRoute, (await client.deleteRoute(route)).route],
        [updatedRouter, (await client.deleteVirtualRouter(router)).virtualRouter],
        [updatedNode, (await client.deleteVirtualNode(node)).virtualNode],
        [updatedMesh, (await client.deleteMesh(mesh)).mesh],
      ] as const;
      for (const [last, gone] of deleted) {
        assert.deepEqual(gone, {
          ...last,
          metadata: { ...last?.metadata, lastUpdatedAt: gone?.metadata?.lastUpdatedAt },
          status: { status: "DELETED" },
        });
      }
      assert.deepEqual((await client.listMeshes({})).meshes, []);

      const operations = Object.keys(sdk).filter((name) => /^[A-Z].*Command$/.test(name));
      assert.equal(operations.length, 38);
      assert.deepEqual([...called].sort(), operations.sort());
    });

    it("pages by every paginator of the SDK", async () => {
      await client.createMesh({ meshName: "a", tags: ["x", "y", "z"].map((key) => ({ key, value: key })) });
      await client.createMesh({ meshName: "b" });
      await client.createMesh({ meshName: "c" });
      const below = { meshName: "a" };
      const spec = { listeners: [{ portMapping: http }] };
      const action = { weightedTargets: [{ virtualNode: "v0", weight: 1 }] };
      const target = { virtualService: { virtualServiceName: "v0" } };
      for (const name of ["v0", "v1", "v2"]) {
        await client.createVirtualNode({ ...below, virtualNodeName: name, spec: {} });
        await client.createVirtualRouter({ ...below, virtualRouterName: name, spec });
        await client.createVirtualService({ ...below, virtualServiceName: name, spec: {} });
        await client.createVirtualGateway({ ...below, virtualGatewayName: name, spec });
        await client.createRoute({
          ...below,
          virtualRouterName: "v0",
          routeName: name,
          spec: { tcpRoute: { action } },
        });
        await client.createGatewayRoute({
          ...below,
          virtualGatewayName: "v0",
          gatewayRouteName: name,
          spec: { httpRoute: { match: { prefix: "/" }, action: { target } } },
        });
      }
      const paging = { client, pageSize: 2 };
      // Each gets an input of its own: paginators write the token of the page into it.
      const pages: Record<string, unknown> = {
        meshes: await collect(sdk.paginateListMeshes(paging, {}), (page) =>
          page.meshes?.map(({ meshName }) => meshName),
        ),
        nodes: await collect(sdk.paginateListVirtualNodes(paging, { ...below }), (page) =>
          page.virtualNodes?.map(({ virtualNodeName }) => virtualNodeName),
        ),
        routers: await collect(sdk.paginateListVirtualRouters(paging, { ...below }), (page) =>
          page.virtualRouters?.map(({ virtualRouterName }) => virtualRouterName),
        ),
        services: await collect(sdk.paginateListVirtualServices(paging, { ...below }), (page) =>
          page.virtualServices?.map(({ virtualServiceName }) => virtualServiceName),
        ),
        gateways: await collect(sdk.paginateListVirtualGateways(paging, { ...below }), (page) =>
          page.virtualGateways?.map(({ virtualGatewayName }) => virtualGatewayName),
        ),
        routes: await collect(sdk.paginateListRoutes(paging, { ...below, virtualRouterName: "v0" }), (page) =>
          page.routes?.map(({ routeName }) => routeName),
        ),
        gatewayRoutes: await collect(
          sdk.paginateListGatewayRoutes(paging, { ...below, virtualGatewayName: "v0" }),
          (page) => page.gatewayRoutes?.map(({ gatewayRouteName }) => gatewayRouteName),
        ),
        tags: await collect(
          sdk.paginateListTagsForResource(paging, { resourceArn: `${ARN}mesh/a` }),
          (page) => page.tags?.map(({ key }) => key),
        ),
      };
      const children = [["v0", "v1"], ["v2"]];
      assert.deepEqual(pages, {
        meshes: [["a", "b"], ["c"]],
        nodes: children,
        routers: children,
        services: children,
        gateways: children,
        routes: children,
        gatewayRoutes: children,
        tags: [["x", "y"], ["z"]],
      });
      const paginators = Object.keys(sdk).filter((name) => name.startsWith("paginate"));
      assert.equal(paginators.length, Object.keys(pages).length);
      // It has no waiters: App Mesh's entities are there once they are made.
      assert.deepEqual(
        Object.keys(sdk).filter((name) => name.startsWith("wait")),
        [],
      );
    });

    it("gets App Mesh's errors as the classes of the SDK", async () => {
      await client.createMesh({ meshName: "errors", clientToken: "one" });
      const below = { meshName: "errors" };
      await client.createVirtualNode({ ...below, virtualNodeName: "v", spec: {} });
      const gateway = (name: string) =>
        client.createVirtualGateway({
          ...below,
          virtualGatewayName: name,
          spec: { listeners: [{ portMapping: http }] },
        });
      for (const name of ["one", "two", "three"]) await gateway(name);
      const tags = Array.from({ length: 50 }, (_, n) => ({ key: `k${n}`, value: "" }));
      await client.tagResource({ resourceArn: `${ARN}mesh/errors`, tags });
      const cases = [
        [sdk.NotFoundException, 404, () => client.describeMesh({ meshName: "gone" })],
        [sdk.BadRequestException, 400, () => client.listMeshes({ limit: 101 })],
        [sdk.ConflictException, 409, () => client.createMesh({ meshName: "errors", clientToken: "two" })],
        // App Mesh allowed three gateways in a mesh.
        [sdk.LimitExceededException, 400, () => gateway("four")],
        [sdk.ResourceInUseException, 409, () => client.deleteMesh(below)],
        [
          sdk.TooManyTagsException,
          400,
          () =>
            client.tagResource({ resourceArn: `${ARN}mesh/errors`, tags: [{ key: "another", value: "" }] }),
        ],
      ] as const;
      for (const [type, status, act] of cases) {
        await assert.rejects(act, (error) => {
          assert.ok(error instanceof type, `${error} is no ${type.name}`);
          assert.ok(error instanceof sdk.AppMeshServiceException);
          assert.equal(error.name, type.name);
          assert.notEqual(error.message, "");
          assert.equal(error.$metadata.httpStatusCode, status);
          assert.match(error.$metadata.requestId ?? "", /^[0-9a-f-]{36}$/);
          return true;
        });
      }
    });

    it("gets the same answer for the same client token, and a new one for another", async () => {
      const asked = { meshName: "tokens", clientToken: "7f0c", spec: {} };
      const first = await client.createMesh(asked);
      assert.deepEqual((await client.createMesh(asked)).mesh, first.mesh);
      await assert.rejects(
        client.createMesh({ ...asked, spec: { egressFilter: { type: "DROP_ALL" } } }),
        sdk.ConflictException,
      );
      // The SDK makes a token of its own for each call that has none.
      await assert.rejects(client.createMesh({ meshName: "tokens", spec: {} }), sdk.ConflictException);
    });
  });

async function collect<Page, Names>(
  pages: AsyncIterable<Page>,
  names: (page: Page) => Names,
): Promise<Names[]> {
  const all: Names[] = [];
  for await (const page of pages) all.push(names(page));
  return all;
}

/** An entity as its operations give it, with its uid and its times, which are looked at for themselves. */
function entity(
  names: object,
  path: string,
  spec: object,
  version: number,
  given: { readonly metadata: sdk.ResourceMetadata | undefined } | undefined,
) {
  const { uid, createdAt, lastUpdatedAt } = given?.metadata ?? {};
  assert.match(uid ?? "", /^[0-9a-f-]{36}$/);
  assert.ok(createdAt instanceof Date && lastUpdatedAt instanceof Date);
  assert.ok(
    createdAt.getTime() > 1.7e12 && lastUpdatedAt >= createdAt && lastUpdatedAt.getTime() <= Date.now(),
  );
  const account = "000000000000";
  return {
    ...names,
    metadata: {
      arn: ARN + path,
      uid,
      createdAt,
      lastUpdatedAt,
      meshOwner: account,
      resourceOwner: account,
      version,
    },
    spec,
    status: { status: "ACTIVE" },
  };
}

/** How a list names an entity. */
function reference(
  entity:
    | {
        readonly metadata: sdk.ResourceMetadata | undefined;
        readonly spec?: unknown;
        readonly status?: unknown;
      }
    | undefined,
) {
  const { metadata, spec: _, status: __, ...names } = entity ?? {};
  const { uid: ___, ...rest } = (metadata ?? {}) as Partial<sdk.ResourceMetadata>;
  return { ...names, ...rest };
}
