import assert from "node:assert/strict";
import { addressPath } from "../mesh/address.js";
import {
  ACCOUNT,
  at,
  fails,
  gatewayRoute,
  type Harness,
  httpListener,
  httpRoute,
  meshHarness,
  OTHER,
  other,
  own,
  REGION,
  toNode,
  toRouter,
} from "../mesh/harness.test.support.js";
import { translate } from "../translate/translate.js";
import { Diagnosis } from "./diagnosis.js";
import type { Diagnostic } from "./diagnostic.js";
import { codes } from "./diagnostic.js";

const shop = at("mesh", "shop");
const dns = { serviceDiscovery: { dns: { hostname: "catalog.shop.local" } } };
const listening = (...listeners: object[]) => ({ listeners, ...dns });
const backends = (...names: string[]) => ({
  backends: names.map((virtualServiceName) => ({ virtualService: { virtualServiceName } })),
});
const on = (port: number, protocol = "http") => ({ portMapping: { port, protocol } });

describe("Diagnostics", () => {
  let mesh: Harness;
  let diagnosis: Diagnosis;
  let translations: string[];
  beforeEach(async () => {
    mesh = await meshHarness();
    translations = [];
    diagnosis = new Diagnosis({
      state: mesh.state,
      source: mesh.state,
      translate: (entities, proxy) => {
        translations.push(`${proxy.kind}/${proxy.name}`);
        return translate(entities, proxy);
      },
    });
    await mesh.build(["mesh", ["shop"]]);
  });
  afterEach(() => mesh.close());

  const all = async () => (await diagnosis.list(own, shop, {})).items;
  const arnOf = (entity: string) => `arn:aws:appmesh:${REGION}:${ACCOUNT}:mesh/shop/${entity}`;
  /** The rest of a diagnostic follows from these. */
  const found = (
    code: Diagnostic["code"],
    entity: string,
    path: string,
    message: string,
    remedy: string,
  ): Diagnostic => ({
    severity: codes[code].severity,
    code,
    entity,
    arn: arnOf(entity),
    path,
    message,
    remedy,
  });

  it("look at each virtual service a few times, however many virtual routers have no routes", async () => {
    const names = Array.from({ length: 100 }, (_, i) => `s${i}`);
    await mesh.build(
      ...names.flatMap((name) => [
        ["virtualRouter", ["shop", name], { listeners: [httpListener()] }] as const,
        ["virtualService", ["shop", name], toRouter(name)] as const,
      ]),
    );
    let looks = 0;
    for (const service of mesh.state.children(shop, "virtualService")) {
      const { spec } = service;
      Object.defineProperty(service, "spec", {
        get() {
          looks++;
          return spec;
        },
      });
    }
    const { items } = await diagnosis.list(own, shop, {});
    assert.equal(items.filter(({ code }) => code === "NoRoutes").length, names.length);
    assert.ok(looks <= 10 * names.length, `${looks} looks at ${names.length} virtual services`);
  });

  it("find nothing in a mesh that does what it says", async () => {
    await mesh.build(
      ["virtualNode", ["shop", "catalog"], listening(httpListener())],
      ["virtualRouter", ["shop", "catalog"], { listeners: [httpListener()] }],
      ["route", ["shop", "catalog", "all"], httpRoute("catalog")],
      ["virtualService", ["shop", "catalog.shop.local"], toRouter("catalog")],
      ["virtualNode", ["shop", "web"], backends("catalog.shop.local")],
      ["virtualGateway", ["shop", "edge"], { listeners: [httpListener()] }],
      ["gatewayRoute", ["shop", "edge", "all"], gatewayRoute("catalog.shop.local")],
    );
    assert.deepEqual(await diagnosis.list(own, shop, {}), { items: [], nextToken: undefined });
  });

  it("find nothing in an empty mesh, nor problems of another one", async () => {
    await mesh.build(["mesh", ["other"]], ["virtualService", ["other", "s"], {}]);
    assert.deepEqual(await all(), []);
  });

  it("are not for those who may not see the mesh", async () => {
    const absent = `Mesh with name shop is not present for account ${ACCOUNT}`;
    await fails(() => diagnosis.list(other, shop, {}), "NotFoundException", absent);
    await mesh.sharing.share(own, "shop", OTHER);
    assert.deepEqual((await diagnosis.list(other, shop, {})).items, []);
  });

  it("name what does not exist, and what nothing leads to", async () => {
    await mesh.build(
      ["virtualNode", ["shop", "web"], backends("gone.local", "gone.local", "unprovided.local")],
      ["virtualNode", ["shop", "lone"], listening(httpListener())],
      ["virtualRouter", ["shop", "lone"], { listeners: [httpListener()] }],
      ["virtualService", ["shop", "unprovided.local"], {}],
      ["virtualService", ["shop", "lone.local"], {}],
    );
    assert.deepEqual(await all(), [
      found(
        "UnusedVirtualNode",
        "virtualNode/lone",
        "",
        "no route sends to the virtual node, and it provides no virtual service: its listeners get no traffic from the mesh",
        "Make it the target of a route or the provider of a virtual service, or remove its listeners.",
      ),
      found(
        "MissingBackend",
        "virtualNode/web",
        "spec.backends[0].virtualService.virtualServiceName",
        "virtual service gone.local does not exist: calls to it fail",
        "Create virtual service gone.local, correct the name, or remove the backend.",
      ),
      found(
        "DuplicateBackend",
        "virtualNode/web",
        "spec.backends[1].virtualService.virtualServiceName",
        "virtual service gone.local is a backend already, in spec.backends[0]: one of the two has no effect",
        "Remove one of them.",
      ),
      found(
        "NoRoutes",
        "virtualRouter/lone",
        "",
        "the virtual router has no routes: calls to the virtual services that it provides fail",
        "Create a route, or delete the virtual router.",
      ),
      found(
        "UnusedVirtualRouter",
        "virtualRouter/lone",
        "",
        "no virtual service has the virtual router as its provider: its routes have no effect",
        "Make it the provider of a virtual service, or delete it.",
      ),
      found(
        "UnusedVirtualService",
        "virtualService/lone.local",
        "",
        "no virtual node has the virtual service as a backend, and no gateway route leads to it: nobody calls it",
        "Name it in the backends of those who call it, or delete it.",
      ),
      found(
        "NoProvider",
        "virtualService/lone.local",
        "spec.provider",
        "the virtual service has no provider: its callers get 503",
        "Give it a virtual node or a virtual router as its provider.",
      ),
      found(
        "NoProvider",
        "virtualService/unprovided.local",
        "spec.provider",
        "the virtual service has no provider: its callers get 503",
        "Give it a virtual node or a virtual router as its provider.",
      ),
    ]);
  });

  it("name what does not exist any more, where the store says so", async () => {
    await mesh.build(
      ["virtualNode", ["shop", "a"], listening(httpListener())],
      ["virtualRouter", ["shop", "r"], { listeners: [httpListener()] }],
      ["route", ["shop", "r", "all"], httpRoute("a")],
      ["virtualService", ["shop", "a.local"], toNode("a")],
      ["virtualService", ["shop", "r.local"], toRouter("r")],
      ["virtualGateway", ["shop", "edge"], { listeners: [httpListener()] }],
      ["gatewayRoute", ["shop", "edge", "a"], { ...gatewayRoute("a.local"), priority: 1 }],
      [
        "gatewayRoute",
        ["shop", "edge", "r"],
        {
          httpRoute: { ...gatewayRoute("r.local").httpRoute, match: { prefix: "/r" } },
          priority: 0,
        },
      ],
    );
    // By no operation: as an import, or a store that was put back, may have it.
    const gone = [at("virtualNode", "shop", "a"), at("virtualService", "shop", "r.local")] as const;
    await mesh.store.commit(
      mesh.state.revision,
      gone.map((address) => ({ key: `${ACCOUNT}/${addressPath(address)}`, value: undefined })),
    );
    assert.deepEqual(await all(), [
      found(
        "UnusedVirtualRouter",
        "virtualRouter/r",
        "",
        "no virtual service has the virtual router as its provider: its routes have no effect",
        "Make it the provider of a virtual service, or delete it.",
      ),
      found(
        "MissingTarget",
        "virtualRouter/r/route/all",
        "spec.httpRoute.action.weightedTargets[0]",
        "virtual node a does not exist: its share of the traffic gets 503",
        "Create virtual node a, or remove the target.",
      ),
      found(
        "MissingProvider",
        "virtualService/a.local",
        "spec.provider.virtualNode.virtualNodeName",
        "virtual node a does not exist: the callers of the virtual service get 503",
        "Create virtual node a, or take another provider.",
      ),
      found(
        "MissingGatewayTarget",
        "virtualGateway/edge/gatewayRoute/r",
        "spec.httpRoute.action.target",
        "virtual service r.local does not exist: requests that the route takes get 503",
        "Create virtual service r.local, or send to another one.",
      ),
    ]);
  });

  it("name routes that their router does not listen for", async () => {
    await mesh.build(
      ["virtualNode", ["shop", "a"], listening(on(8080))],
      ["virtualRouter", ["shop", "r"], { listeners: [on(8080), on(9090, "http2")] }],
      ["route", ["shop", "r", "fits"], { httpRoute: { ...toA("/"), match: { prefix: "/", port: 8080 } } }],
      ["route", ["shop", "r", "kind"], { httpRoute: { ...toA("/"), match: { prefix: "/k", port: 9090 } } }],
      ["route", ["shop", "r", "port"], { httpRoute: { ...toA("/"), match: { prefix: "/p", port: 7070 } } }],
      ["virtualRouter", ["shop", "one"], { listeners: [on(8080)] }],
      ["route", ["shop", "one", "grpc"], { grpcRoute: { ...toA("/"), match: { serviceName: "s" } } }],
      ["virtualRouter", ["shop", "none"], {}],
      ["route", ["shop", "none", "any"], { httpRoute: toA("/") }],
      ...(["r", "one", "none"] as const).map(
        (router) => ["virtualService", ["shop", `${router}.local`], toRouter(router)] as const,
      ),
      ["virtualNode", ["shop", "web"], backends("r.local", "one.local", "none.local")],
    );
    const anotherKind =
      "Make the route one of the listener's protocol, or match on the port of another listener.";
    assert.deepEqual(await all(), [
      found(
        "NoListeners",
        "virtualRouter/none",
        "spec.listeners",
        "the virtual router has no listeners: it takes traffic on the ports of the virtual nodes that its routes name",
        "Give it the listeners that its callers are to call.",
      ),
      found(
        "NotInEffect",
        "virtualRouter/one",
        "spec.listeners",
        "no route serves port 8080: calls get 404",
        "Change what it says there, or what it refers to.",
      ),
      found(
        "NotInEffect",
        "virtualRouter/r",
        "spec.listeners",
        "no route serves port 9090: calls get 404",
        "Change what it says there, or what it refers to.",
      ),
      found(
        "RouteProtocol",
        "virtualRouter/one/route/grpc",
        "spec.grpcRoute",
        "virtual router one has no grpc listener, only 8080 (http): the route has no effect",
        "Make the route one of a listener's protocol, or the listener one of the route's.",
      ),
      found(
        "TargetProtocol",
        "virtualRouter/one/route/grpc",
        "spec.grpcRoute.action.weightedTargets[0]",
        "virtual node a speaks http on port 8080, and the route is for grpc: it is sent HTTP/1.1, in which gRPC calls fail",
        "Give the listener and the route the same protocol.",
      ),
      found(
        "RouteProtocol",
        "virtualRouter/r/route/kind",
        "spec.httpRoute",
        "the listener of virtual router r on port 9090 is for http2, not http: the route has no effect",
        anotherKind,
      ),
      found(
        "RoutePort",
        "virtualRouter/r/route/port",
        "spec.httpRoute.match.port",
        "virtual router r does not listen on port 7070, only on 8080 (http), 9090 (http2): the route has no effect",
        "Match on a listener's port, or add a listener on this one.",
      ),
    ]);
  });

  it("name targets that cannot be sent to, or not as it reads", async () => {
    const route = (prefix: string, target: object, more: object = {}) => ({
      httpRoute: { match: { prefix }, action: { weightedTargets: [{ weight: 1, ...target }] }, ...more },
    });
    await mesh.build(
      ["virtualNode", ["shop", "deaf"], {}],
      ["virtualNode", ["shop", "one"], listening(on(80))],
      ["virtualNode", ["shop", "two"], listening(on(7070), on(9090))],
      ["virtualNode", ["shop", "both"], listening(on(8080), on(9090))],
      ["virtualNode", ["shop", "h2"], listening(on(80, "http2"))],
      ["virtualRouter", ["shop", "r"], { listeners: [on(8080)] }],
      ["route", ["shop", "r", "deaf"], route("/deaf", { virtualNode: "deaf" })],
      ["route", ["shop", "r", "fits"], route("/fits", { virtualNode: "both" })],
      ["route", ["shop", "r", "h2"], route("/h2", { virtualNode: "h2" })],
      ["route", ["shop", "r", "port"], route("/port", { virtualNode: "one", port: 81 })],
      [
        "route",
        ["shop", "r", "time"],
        route("/t", { virtualNode: "one" }, { timeout: { perRequest: { value: 0, unit: "s" } } }),
      ],
      ["route", ["shop", "r", "unclear"], route("/unclear", { virtualNode: "two" })],
      ["route", ["shop", "r", "zero"], route("/zero", { virtualNode: "one", weight: 0 })],
      ["virtualService", ["shop", "r.local"], toRouter("r")],
      ["virtualService", ["shop", "two.local"], toNode("two")],
      ["virtualGateway", ["shop", "edge"], { listeners: [httpListener()] }],
      [
        "gatewayRoute",
        ["shop", "edge", "a"],
        gatewayTo("/a", { virtualService: { virtualServiceName: "r.local" }, port: 81 }),
      ],
      [
        "gatewayRoute",
        ["shop", "edge", "b"],
        gatewayTo("/b", { virtualService: { virtualServiceName: "two.local" } }),
      ],
    );
    assert.deepEqual(await all(), [
      found(
        "TargetPort",
        "virtualRouter/r/route/deaf",
        "spec.httpRoute.action.weightedTargets[0]",
        "virtual node deaf has no listener: what is sent there gets 503",
        "Give it a listener.",
      ),
      found(
        "TargetProtocolDiffers",
        "virtualRouter/r/route/h2",
        "spec.httpRoute.action.weightedTargets[0]",
        "virtual node h2 speaks http2 on port 80, and the route is for http: what it is sent is HTTP/2",
        "Give the listener and the route the same protocol.",
      ),
      found(
        "TargetPort",
        "virtualRouter/r/route/port",
        "spec.httpRoute.action.weightedTargets[0]",
        "virtual node one does not listen on port 81 (it listens on 80): what is sent there gets 503",
        "Send to a port that it listens on, or give it a listener on this one.",
      ),
      found(
        "TimeoutCutShort",
        "virtualRouter/r/route/time",
        "spec.httpRoute.timeout.perRequest",
        "the route allows a request as long as it takes, but the listener of virtual node one on port 80 allows 15 s, the default: requests end after that",
        "Set timeout.http.perRequest of the listener to as much.",
      ),
      found(
        "TargetPortUnclear",
        "virtualRouter/r/route/unclear",
        "spec.httpRoute.action.weightedTargets[0]",
        "virtual node two listens on several ports, 7070, 9090, and the target names none: traffic goes to port 7070",
        "Name the port in the target.",
      ),
      found(
        "ZeroWeights",
        "virtualRouter/r/route/zero",
        "spec.httpRoute.action.weightedTargets",
        "all weights are 0: what the route takes gets 503",
        "Give a target a weight of more than 0, or delete the route.",
      ),
      found(
        "TargetPort",
        "virtualGateway/edge/gatewayRoute/a",
        "spec.httpRoute.action.target",
        "virtual service r.local does not listen on port 81 (it listens on 8080): what is sent there gets 503",
        "Send to a port that it listens on, or give it a listener on this one.",
      ),
      found(
        "TargetPortUnclear",
        "virtualGateway/edge/gatewayRoute/b",
        "spec.httpRoute.action.target",
        "virtual service two.local listens on several ports, 7070, 9090, and the target names none: traffic goes to port 7070",
        "Name the port in the target.",
      ),
    ]);
  });

  it("tell of connections by TCP, which get no answer, that they are closed", async () => {
    await mesh.build(
      ["virtualNode", ["shop", "db"], listening(on(5432, "tcp"))],
      ["virtualRouter", ["shop", "db"], { listeners: [on(5432, "tcp")] }],
      [
        "route",
        ["shop", "db", "all"],
        { tcpRoute: { action: { weightedTargets: [{ virtualNode: "db", weight: 0 }] } } },
      ],
      ["virtualService", ["shop", "db.local"], toRouter("db")],
      ["virtualNode", ["shop", "web"], backends("db.local")],
    );
    assert.deepEqual(
      (await all()).map(({ code, entity, message }) => [code, entity, message]),
      [
        ["ZeroWeights", "virtualRouter/db/route/all", "all weights are 0: connections are closed"],
        ["NotInEffect", "virtualService/db.local", "nothing takes connections to port 5432"],
      ],
    );
  });

  it("name routes whose retries have not the time that they may take", async () => {
    const route = (maxRetries: number, perRetryTimeout: object, timeout?: object) => ({
      httpRoute: {
        match: { prefix: `/${maxRetries}` },
        action: { weightedTargets: [{ virtualNode: "a", weight: 1 }] },
        retryPolicy: { maxRetries, perRetryTimeout, tcpRetryEvents: ["connection-error"] },
        ...(timeout && { timeout: { perRequest: timeout } }),
      },
    });
    const listener = { ...on(8080), timeout: { http: { perRequest: { value: 0, unit: "s" } } } };
    await mesh.build(
      ["virtualNode", ["shop", "a"], listening(listener)],
      ["virtualRouter", ["shop", "r"], { listeners: [on(8080)] }],
      ["route", ["shop", "r", "fits"], route(3, { value: 5, unit: "s" })],
      ["route", ["shop", "r", "long"], route(4, { value: 5000, unit: "ms" })],
      ["route", ["shop", "r", "short"], route(5, { value: 1, unit: "s" }, { value: 4999, unit: "ms" })],
      ["route", ["shop", "r", "unlimited"], route(6, { value: 100, unit: "s" }, { value: 0, unit: "s" })],
      ["route", ["shop", "r", "untimed"], route(7, { value: 0, unit: "s" })],
      ["virtualService", ["shop", "r.local"], toRouter("r")],
      ["virtualNode", ["shop", "web"], backends("r.local")],
    );
    const remedy = "Raise timeout.perRequest of the route, or lower perRetryTimeout or maxRetries.";
    assert.deepEqual(await all(), [
      found(
        "RetriesCutShort",
        "virtualRouter/r/route/long",
        "spec.httpRoute.retryPolicy",
        "up to 4 retries of 5000 ms each do not fit into the 15 s that the route allows a request, the default: the last of them are not made",
        remedy,
      ),
      found(
        "RetriesCutShort",
        "virtualRouter/r/route/short",
        "spec.httpRoute.retryPolicy",
        "up to 5 retries of 1 s each do not fit into the 4999 ms that the route allows a request: the last of them are not made",
        remedy,
      ),
    ]);
  });

  it("name routes that never get a request", async () => {
    const header = (invert: boolean) => ({
      name: "h",
      match: { exact: "x" },
      ...(invert && { invert: false }),
    });
    const http = (match: object, priority?: number) => ({
      httpRoute: { match, action: { weightedTargets: [{ virtualNode: "a", weight: 1 }] } },
      ...(priority !== undefined && { priority }),
    });
    const tcp = { tcpRoute: { action: { weightedTargets: [{ virtualNode: "t", weight: 1 }] } } };
    await mesh.build(
      ["virtualNode", ["shop", "a"], listening(on(8080))],
      ["virtualNode", ["shop", "t"], listening(on(3306, "tcp"))],
      ["virtualRouter", ["shop", "r"], { listeners: [on(8080)] }],
      ["route", ["shop", "r", "one"], http({ prefix: "/x", headers: [header(false)] })],
      ["route", ["shop", "r", "same"], http({ headers: [header(true)], prefix: "/x" })],
      ["route", ["shop", "r", "later"], http({ prefix: "/x", headers: [header(false)] }, 7)],
      ["route", ["shop", "r", "apart"], http({ prefix: "/y", headers: [header(false)] })],
      ["virtualRouter", ["shop", "all"], { listeners: [on(8080)] }],
      ["route", ["shop", "all", "everything"], http({ prefix: "/" }, 1)],
      ["route", ["shop", "all", "before"], http({ prefix: "/x" }, 0)],
      ["route", ["shop", "all", "after"], http({ prefix: "/y" })],
      ["virtualRouter", ["shop", "tcp"], { listeners: [on(3306, "tcp")] }],
      ["route", ["shop", "tcp", "a"], tcp],
      ["route", ["shop", "tcp", "b"], tcp],
      ...(["r", "all", "tcp"] as const).map(
        (router) => ["virtualService", ["shop", `${router}.local`], toRouter(router)] as const,
      ),
      ["virtualNode", ["shop", "web"], backends("r.local", "all.local", "tcp.local")],
      ["virtualGateway", ["shop", "edge"], { listeners: [httpListener()] }],
      ["gatewayRoute", ["shop", "edge", "a"], gatewayRoute("r.local")],
      ["gatewayRoute", ["shop", "edge", "b"], gatewayRoute("r.local")],
    );
    const hidden = (entity: string, path: string, before: string) =>
      found(
        "UnreachableRoute",
        entity,
        path,
        `route ${before} is tried before and takes everything that this one matches: this one gets no traffic`,
        `Match on something else, give this route a priority before that of ${before}, or delete one of the two.`,
      );
    assert.deepEqual(await all(), [
      hidden("virtualRouter/all/route/after", "spec.httpRoute.match", "everything"),
      hidden("virtualRouter/r/route/one", "spec.httpRoute.match", "later"),
      hidden("virtualRouter/r/route/same", "spec.httpRoute.match", "later"),
      hidden("virtualRouter/tcp/route/b", "spec.tcpRoute.match", "a"),
      hidden("virtualGateway/edge/gatewayRoute/b", "spec.httpRoute.match", "a"),
    ]);
  });

  it("name fields that have no effect where they are", async () => {
    const check = { intervalMillis: 5000, timeoutMillis: 2000, healthyThreshold: 2, unhealthyThreshold: 2 };
    const outlierDetection = {
      maxServerErrors: 5,
      interval: { value: 10, unit: "s" },
      baseEjectionDuration: { value: 10, unit: "s" },
      maxEjectionPercent: 50,
    };
    const tls = {
      mode: "DISABLED",
      certificate: { file: { certificateChain: "/c.pem", privateKey: "/k.pem" } },
      validation: { trust: { file: { certificateChain: "/ca.pem" } } },
    };
    await mesh.build(
      [
        "virtualNode",
        ["shop", "a"],
        listening(
          {
            ...on(3306, "tcp"),
            outlierDetection,
            healthCheck: { ...check, protocol: "tcp", path: "/health" },
          },
          { ...on(8080), outlierDetection, tls },
        ),
      ],
      [
        "virtualNode",
        ["shop", "caller"],
        { ...dns, backendDefaults: { clientPolicy: { tls: { validation: tls.validation } } } },
      ],
      ["virtualService", ["shop", "a.local"], toNode("a")],
      ["virtualNode", ["shop", "web"], backends("a.local")],
    );
    assert.deepEqual(
      (await all()).map(({ severity, code, entity, path, message, remedy }) => [
        `${severity} ${code} ${entity}`,
        path,
        message,
        remedy,
      ]),
      [
        [
          "warning WithoutEffect virtualNode/a",
          "spec.listeners[0].healthCheck.path",
          "a tcp health check requests no path",
          "Remove the path, or check by http or http2.",
        ],
        [
          "warning WithoutEffect virtualNode/a",
          "spec.listeners[0].outlierDetection",
          "endpoints are ejected for server errors, of which there are none in tcp",
          "Remove it, or give the listener the protocol that is spoken on it.",
        ],
        [
          "warning WithoutEffect virtualNode/a",
          "spec.listeners[1].outlierDetection",
          "host name catalog.shop.local stands for one endpoint, a load balancer, which is called although it is ejected",
          "Set serviceDiscovery.dns.responseType to ENDPOINTS if the host name resolves to the endpoints themselves.",
        ],
        [
          "warning WithoutEffect virtualNode/a",
          "spec.listeners[1].tls.validation",
          "TLS is disabled on the listener: it asks no caller for a certificate",
          "Set the mode to STRICT or PERMISSIVE, or remove the validation.",
        ],
        [
          "warning WithoutEffect virtualNode/caller",
          "spec.backendDefaults",
          "the virtual node has no backends: there is nothing for which the defaults are",
          "Name what it calls in its backends, or remove the defaults.",
        ],
        [
          "warning WithoutEffect virtualNode/caller",
          "spec.serviceDiscovery",
          "the virtual node has no listeners: nobody looks for its endpoints",
          "Give it the listeners that callers are to reach, or remove the service discovery.",
        ],
      ],
    );
  });

  it("tell what translation leaves out, of nodes that nobody has asked for yet, too", async () => {
    const regex = { match: { path: { regex: "(?=look)ahead" } }, action: httpRoute("a").httpRoute.action };
    await mesh.build(
      ["virtualNode", ["shop", "a"], listening(on(8080))],
      ["virtualRouter", ["shop", "r"], { listeners: [on(8080)] }],
      ["route", ["shop", "r", "all"], httpRoute("a")],
      ["route", ["shop", "r", "regex"], { httpRoute: regex }],
      ["virtualService", ["shop", "r.local"], toRouter("r")],
      ["virtualNode", ["shop", "web"], backends("r.local")],
    );
    assert.deepEqual(await all(), [
      found(
        "NotInEffect",
        "virtualRouter/r/route/regex",
        "spec.httpRoute.match.path.regex",
        '"(?=look)ahead" is no regular expression that RE2 takes: error parsing regexp: invalid or unsupported Perl syntax: `(?=`; the route is left out',
        "Change what it says there, or what it refers to.",
      ),
    ]);
  });

  it("tell where translation fails, and everything else as well", async () => {
    await mesh.build(
      ["virtualNode", ["shop", "bad"], {}],
      ["virtualNode", ["shop", "web"], backends("gone.local")],
    );
    const failing = new Diagnosis({
      state: mesh.state,
      source: mesh.state,
      translate: (entities, proxy) => {
        if (proxy.name === "bad") throw new Error("this is a bug");
        return translate(entities, proxy);
      },
    });
    assert.deepEqual((await failing.list(own, shop, {})).items, [
      found(
        "NotInEffect",
        "virtualNode/bad",
        "",
        "the control plane failed to make the configuration of its proxies, which keep what they have: this is a bug",
        "Undo the last change to it, or to what it refers to, and report this as a bug.",
      ),
      found(
        "MissingBackend",
        "virtualNode/web",
        "spec.backends[0].virtualService.virtualServiceName",
        "virtual service gone.local does not exist: calls to it fail",
        "Create virtual service gone.local, correct the name, or remove the backend.",
      ),
    ]);
  });

  it("come in pages, whose order does not change", async () => {
    for (let n = 0; n < 7; n++) await mesh.build(["virtualService", ["shop", `s${n}`], {}]);
    const whole = await all();
    assert.equal(whole.length, 14);
    const paged: Diagnostic[] = [];
    let nextToken: string | undefined;
    do {
      const page = await diagnosis.list(own, shop, { limit: 4, nextToken });
      assert.ok(page.items.length <= 4);
      paged.push(...page.items);
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    assert.deepEqual(paged, whole);
    await fails(
      () => diagnosis.list(own, shop, { limit: 101 }),
      "BadRequestException",
      "limit: 101 is given; an integer from 1 to 100 is allowed",
    );
    await fails(
      () => diagnosis.list(own, shop, { nextToken: "nonsense" }),
      "BadRequestException",
      "nextToken: the token is not from the last page of this list. Begin again without one",
    );
  });

  it("are found once, and again only after something of the mesh has changed", async () => {
    await mesh.build(
      ["virtualNode", ["shop", "web"], backends("a.local")],
      ["virtualNode", ["shop", "a"], listening(on(8080))],
      ["mesh", ["other"]],
    );
    const count = async () => {
      translations.splice(0);
      const { length } = await all();
      return [length, translations];
    };
    assert.deepEqual(await count(), [2, ["virtualNode/a", "virtualNode/web"]]);
    assert.deepEqual(await count(), [2, []]);
    await mesh.tagging.tag(own, arnOf("virtualNode/a"), { tags: [{ key: "k", value: "v" }] });
    await mesh.build(["virtualNode", ["other", "x"], backends("gone")]);
    assert.deepEqual(await count(), [2, []]);
    await mesh.build(["virtualService", ["shop", "a.local"], toNode("a")]);
    assert.deepEqual(await count(), [0, ["virtualNode/a", "virtualNode/web"]]);
  });

  it("are found once for all who ask at the same time, and for one mesh after the other", async () => {
    await mesh.build(
      ["virtualNode", ["shop", "a"], {}],
      ["virtualNode", ["shop", "b"], {}],
      ["mesh", ["other"]],
      ["virtualNode", ["other", "x"], {}],
      ["virtualNode", ["other", "y"], {}],
    );
    await Promise.all([all(), diagnosis.list(own, at("mesh", "other"), {}), all(), all()]);
    assert.deepEqual(
      translations,
      ["a", "b", "x", "y"].map((name) => `virtualNode/${name}`),
    );
  });

  it("are of one revision of the mesh, whatever changes while they are looked for", async () => {
    await mesh.build(
      ["virtualNode", ["shop", "web"], backends("a.local")],
      ["virtualNode", ["shop", "a"], listening(on(8080))],
    );
    const before = await all();
    assert.deepEqual(
      before.map(({ code, entity }) => `${code} ${entity}`),
      ["UnusedVirtualNode virtualNode/a", "MissingBackend virtualNode/web"],
    );
    let moments = 0;
    for (let moment = 2, looks = 2; moment <= looks; moment++) {
      let change: Promise<unknown> | undefined;
      let moved = 0;
      const changing = new Diagnosis({
        state: mesh.state,
        source: mesh.state,
        translate,
        // Others are served at each step.
        now: () => {
          if (++moved === moment) change = mesh.build(["virtualService", ["shop", "a.local"], toNode("a")]);
          return moved * 1000;
        },
      });
      assert.deepEqual((await changing.list(own, shop, {})).items, before, `changed at moment ${moment}`);
      looks = moved;
      moments++;
      await change;
      assert.deepEqual((await changing.list(own, shop, {})).items, []);
      changing.close();
      await mesh.operations.delete(own, at("virtualService", "shop", "a.local"));
    }
    assert.ok(moments > 10, `${moments} moments`);
  });

  it("let others be served in between, at each entity that is looked at", async () => {
    const names = Array.from({ length: 50 }, (_, i) => `s${i}`);
    await mesh.build(
      ...names.flatMap((name) => [
        ["virtualNode", ["shop", name], listening(on(8080))] as const,
        ["virtualRouter", ["shop", name], { listeners: [on(8080)] }] as const,
        ["route", ["shop", name, "all"], httpRoute(name)] as const,
        ["virtualService", ["shop", name], toRouter(name)] as const,
      ]),
    );
    let time = 0;
    const slow = new Diagnosis({ state: mesh.state, source: mesh.state, translate, now: () => time++ });
    let served = 0;
    let looking = true;
    const serve = () => {
      served++;
      if (looking) setImmediate(serve);
    };
    setImmediate(serve);
    await slow.list(own, shop, {});
    looking = false;
    // Every kind is looked through by several rules; and time passes at each step.
    assert.ok(time > 1000, `${time} steps`);
    assert.ok(served > time / 10, `others were served ${served} times in ${time} steps`);
  });
});

const toA = (prefix: string) => ({
  match: { prefix },
  action: { weightedTargets: [{ virtualNode: "a", weight: 1 }] },
});
const gatewayTo = (prefix: string, target: object) => ({
  httpRoute: { match: { prefix }, action: { target } },
});
