import assert from "node:assert/strict";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { Boto3 } from "./boto3.js";
import { TerraformResource } from "./terraform.js";

const meshName = "tf-acc-test-5577006791947779410";
const names = (title: string, name: string) => ({ meshName, [`${title}Name`]: name });
const listener = (port: number, protocol = "http") => ({ portMapping: { port, protocol } });
const dns = (hostname: string) => ({ serviceDiscovery: { dns: { hostname } } });
const targets = (...weights: [string, number][]) => ({
  weightedTargets: weights.map(([virtualNode, weight]) => ({ virtualNode, weight })),
});
const target = (virtualServiceName: string) => ({ target: { virtualService: { virtualServiceName } } });

describe("the requests of Terraform's AWS provider", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let boto3: Boto3;
  const resource = (title: string, given: Record<string, string>) =>
    new TerraformResource(boto3, title, given);

  before(async () => {
    controlPlane = await startControlPlane();
    boto3 = await Boto3.start(controlPlane);
  });
  after(async () => {
    await boto3?.stop();
    await controlPlane?.stop();
  });
  afterEach(() => boto3.deleteEverything());

  /** A mesh with two nodes, a router, a service and a gateway, for what is made in them. */
  async function around() {
    const mesh = resource("Mesh", { meshName });
    const nodes = ["a", "b"].map((name) => resource("VirtualNode", names("virtualNode", name)));
    const router = resource("VirtualRouter", names("virtualRouter", "r"));
    const service = resource("VirtualService", names("virtualService", "s.local"));
    const gateway = resource("VirtualGateway", names("virtualGateway", "g"));
    await mesh.create({ spec: {} });
    for (const node of nodes) await node.create({ spec: {} });
    await router.create({ spec: { listeners: [listener(8080)] } });
    await service.create({ spec: { provider: { virtualRouter: { virtualRouterName: "r" } } } });
    await gateway.create({ spec: { listeners: [listener(8080)] } });
    return { mesh, nodes, router, service, gateway };
  }

  it("aws_appmesh_mesh: basic, egress filter, service discovery", async () => {
    const mesh = resource("Mesh", { meshName });
    await mesh.create({ spec: {} });
    await mesh.update({ spec: { egressFilter: { type: "ALLOW_ALL" } } });
    await mesh.update({ spec: { egressFilter: { type: "DROP_ALL" } } });
    await mesh.update({ spec: { serviceDiscovery: { ipPreference: "IPv6_PREFERRED" } } });
    await mesh.update({ spec: {} });
    await mesh.import();
    assert.equal(await mesh.delete(), "gone");
  });

  it("aws_appmesh_virtual_node: everything that its tests set, one after the other", async () => {
    const mesh = resource("Mesh", { meshName });
    await mesh.create({ spec: {} });
    const node = resource("VirtualNode", names("virtualNode", "tf-node"));
    const healthCheck = {
      protocol: "http",
      path: "/ping",
      healthyThreshold: 3,
      unhealthyThreshold: 5,
      timeoutMillis: 2000,
      intervalMillis: 5000,
    };
    const file = { certificateChain: "/cert_chain.pem", privateKey: "tell-nobody" };
    const trust = { file: { certificateChain: "/cert_chain.pem" } };
    const backend = (name: string, clientPolicy?: object) => ({
      virtualService: { virtualServiceName: name, ...(clientPolicy && { clientPolicy }) },
    });
    const specs = [
      {},
      {
        ...dns("serviceb.simpleapp.local"),
        listeners: [listener(8080)],
        backends: [backend("servicea.local")],
      },
      {
        ...dns("serviceb1.simpleapp.local"),
        listeners: [{ ...listener(8081), healthCheck }],
        backends: [backend("servicec.local"), backend("serviced.local")],
        logging: { accessLog: { file: { path: "/dev/stdout" } } },
      },
      {
        ...dns("serviceb1.simpleapp.local"),
        listeners: [{ ...listener(8081, "http2"), connectionPool: { http2: { maxRequests: 10 } } }],
      },
      {
        ...dns("serviceb.simpleapp.local"),
        listeners: [
          {
            ...listener(8080, "tcp"),
            outlierDetection: {
              baseEjectionDuration: { unit: "ms", value: 250_000 },
              interval: { unit: "s", value: 10 },
              maxEjectionPercent: 50,
              maxServerErrors: 5,
            },
            timeout: { tcp: { idle: { unit: "ms", value: 250_000 } } },
          },
        ],
      },
      {
        ...dns("serviceb.simpleapp.local"),
        listeners: [{ ...listener(8080), tls: { certificate: { file }, mode: "PERMISSIVE" } }],
        backends: [backend("a.local", { tls: { enforce: true, ports: [8443], validation: { trust } } })],
        backendDefaults: {
          clientPolicy: {
            tls: {
              enforce: false,
              certificate: { sds: { secretName: "restricted" } },
              validation: { subjectAlternativeNames: { match: { exact: ["abc.example.com"] } }, trust },
            },
          },
        },
      },
      {
        serviceDiscovery: {
          awsCloudMap: {
            namespaceName: "tf-acc-test",
            serviceName: "b",
            attributes: [
              { key: "Key1", value: "Value1" },
              { key: "Key2", value: "Value2" },
            ],
          },
        },
        listeners: [listener(8080)],
        logging: {
          accessLog: { file: { path: "/dev/stdout", format: { json: [{ key: "k1", value: "v1" }] } } },
        },
      },
    ];
    const [first, ...others] = specs;
    await node.create({ spec: first ?? {} });
    for (const spec of others) await node.update({ spec });
    await node.import();
    assert.equal(await node.delete(), "gone");
  });

  it("aws_appmesh_virtual_router and aws_appmesh_virtual_service: update, and change of provider", async () => {
    const { router, service } = await around();
    await router.update({ spec: { listeners: [listener(8081, "grpc")] } });
    await router.update({ spec: { listeners: [listener(8080), listener(8081, "tcp")] } });
    await router.import();
    await service.update({ spec: { provider: { virtualNode: { virtualNodeName: "b" } } } });
    await service.update({ spec: {} });
    await service.import();
  });

  it("aws_appmesh_route: all kinds of routes, their matches, retries and timeouts", async () => {
    await around();
    const route = resource("Route", { ...names("virtualRouter", "r"), routeName: "tf-route" });
    const http = (match: object, more: object = {}) => ({ match, action: targets(["a", 100]), ...more });
    await route.create({ spec: { httpRoute: http({ prefix: "/" }) } });
    for (const spec of [
      { httpRoute: { match: { prefix: "/path" }, action: targets(["a", 90], ["b", 10]) } },
      {
        // 0 is left out by the provider: it cannot tell it from nothing.
        priority: 1000,
        httpRoute: http({
          prefix: "/",
          method: "POST",
          scheme: "http",
          headers: [
            { name: "X-Testing1", invert: false },
            { name: "X-Testing2", invert: true, match: { range: { start: 2, end: 7 } } },
          ],
          queryParameters: [{ name: "xact", match: { exact: "xact" } }, { name: "any" }],
        }),
      },
      { http2Route: http({ path: { exact: "/test" } }) },
      {
        httpRoute: http(
          { prefix: "/" },
          {
            retryPolicy: {
              maxRetries: 3,
              perRetryTimeout: { unit: "ms", value: 250_000 },
              httpRetryEvents: ["client-error", "gateway-error"],
              tcpRetryEvents: ["connection-error"],
            },
            timeout: { idle: { unit: "s", value: 10 }, perRequest: { unit: "ms", value: 5 } },
          },
        ),
      },
      {
        grpcRoute: {
          match: {},
          action: targets(["a", 100]),
          timeout: { idle: { unit: "ms", value: 250_000 } },
        },
      },
      {
        grpcRoute: {
          match: {
            serviceName: "test.local",
            methodName: "test",
            metadata: [{ name: "X-Testing1", invert: true, match: { suffix: "end" } }],
          },
          action: targets(["b", 100]),
          retryPolicy: {
            maxRetries: 0,
            perRetryTimeout: { unit: "s", value: 15 },
            grpcRetryEvents: ["deadline-exceeded", "resource-exhausted"],
          },
        },
      },
      { tcpRoute: { action: targets(["a", 100]), timeout: { idle: { unit: "ms", value: 250_000 } } } },
      { tcpRoute: { action: { weightedTargets: [{ virtualNode: "a", weight: 100, port: 8080 }] } } },
    ]) {
      await route.update({ spec });
    }
    await route.import();
    assert.equal(await route.delete(), "gone");
  });

  it("a duration of 0, which the provider sends without its value, is refused by its place", async () => {
    await around();
    const timeout = { idle: { unit: "s" } };
    const given = { ...names("virtualRouter", "r"), routeName: "tf-route" };
    const spec = { tcpRoute: { action: targets(["a", 100]), timeout } };
    assert.deepEqual(await boto3.fails("create_route", { ...given, spec }), {
      type: "BadRequestException",
      code: "BadRequestException",
      message:
        "spec.tcpRoute.timeout.idle.value: nothing was given; an integer from 0 to 9223372036 is required.",
      status: 400,
    });
  });

  it("aws_appmesh_virtual_gateway and aws_appmesh_gateway_route: listeners, matches, rewrites", async () => {
    const { gateway } = await around();
    const tls = (certificate: object) => ({ certificate, mode: "STRICT" });
    for (const [n, certificate] of [
      { acm: { certificateArn: "arn:aws:acm:us-east-1:000000000000:certificate/tf" } },
      { file: { certificateChain: "/cert_chain.pem", privateKey: "/key.pem" } },
      { sds: { secretName: "secret" } },
    ].entries()) {
      await gateway.update({
        spec: {
          backendDefaults: {
            clientPolicy: {
              tls: { enforce: true, validation: { trust: { sds: { secretName: `trust-${n}` } } } },
            },
          },
          listeners: [
            {
              ...listener(8080, "grpc"),
              connectionPool: { grpc: { maxRequests: 4 } },
              tls: tls(certificate),
            },
          ],
          logging: { accessLog: { file: { path: "/dev/stdout", format: { text: "test1" } } } },
        },
      });
    }
    await gateway.update({ spec: { listeners: [listener(8080)] } });
    await gateway.import();

    const route = resource("GatewayRoute", { ...names("virtualGateway", "g"), gatewayRouteName: "tf-route" });
    await route.create({ spec: { httpRoute: { match: { prefix: "/" }, action: target("s.local") } } });
    for (const spec of [
      { httpRoute: { match: { prefix: "/users" }, action: target("s.local") } },
      {
        priority: 5,
        http2Route: {
          match: { prefix: "/", hostname: { exact: "test.example.com" } },
          action: {
            ...target("s.local"),
            rewrite: { hostname: { defaultTargetHostname: "DISABLED" }, prefix: { value: "/rewrite/" } },
          },
        },
      },
      {
        httpRoute: {
          match: { path: { regex: "/a.*" }, headers: [{ name: "X-Testing1", invert: true }] },
          action: { ...target("s.local"), rewrite: { path: { exact: "/rewrite" } } },
        },
      },
      { grpcRoute: { match: { serviceName: "test.1", port: 8080 }, action: target("s.local") } },
    ]) {
      await route.update({ spec });
    }
    await route.import();
    assert.equal(await route.delete(), "gone");
  });

  it("tags: added, changed, removed, without a new version of the resource", async () => {
    const { mesh, nodes, router, service, gateway } = await around();
    for (const [each, spec] of [
      [mesh, {}],
      [nodes[0], {}],
      [router, { listeners: [listener(8080)] }],
      [service, { provider: { virtualRouter: { virtualRouterName: "r" } } }],
      [gateway, { listeners: [listener(8080)] }],
    ] as const) {
      await each?.update({ spec, tags: { key1: "value1" } });
      await each?.update({ spec, tags: { key1: "value1updated", key2: "value2" } });
      await each?.update({ spec, tags: { key2: "value2" } });
      await each?.update({ spec });
      assert.equal(each?.version, 1);
    }
  });

  it("disappears: what others delete is taken out of the state, and made anew", async () => {
    const { mesh, service } = await around();
    await boto3.ok("delete_virtual_service", { meshName, virtualServiceName: "s.local" });
    assert.equal(await service.read(), undefined);
    assert.equal(await service.delete(), "gone");
    const again = resource("VirtualService", names("virtualService", "s.local"));
    await again.create({ spec: {} });
    assert.deepEqual(await again.read(), { spec: {}, tags: {} });
    assert.notEqual(again.uid, service.uid);
    assert.deepEqual(await mesh.read(), { spec: {}, tags: {} });
  });

  it("destroy: what is in use stays, and goes once it is not", async () => {
    const { mesh, nodes, router, service, gateway } = await around();
    const route = resource("Route", { ...names("virtualRouter", "r"), routeName: "x" });
    await route.create({ spec: { tcpRoute: { action: targets(["a", 1]) } } });
    const gatewayRoute = resource("GatewayRoute", { ...names("virtualGateway", "g"), gatewayRouteName: "x" });
    await gatewayRoute.create({ spec: { httpRoute: { match: { prefix: "/" }, action: target("s.local") } } });

    // As a destroy without the dependencies in the program meets them, and tries again until all is gone.
    const left = [mesh, ...nodes, router, route, service, gateway, gatewayRoute];
    const rounds: number[] = [];
    while (left.length > 0) {
      const stay = [];
      for (const each of left) if ((await each.delete()) === "in use") stay.push(each);
      rounds.push(left.length - stay.length);
      assert.ok(stay.length < left.length, "a destroy that goes on must come to its end");
      left.splice(0, left.length, ...stay);
    }
    // Node b and both routes; node a, the service, the gateway; the router, which the service named; the mesh.
    assert.deepEqual(rounds, [3, 3, 1, 1]);
  });
});
