import assert from "node:assert/strict";
import type { HttpGatewayRouteMatch, HttpGatewayRouteRewrite } from "@pulumi-appmesh/model";
import { callAt, type Echo, http2CallAt } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { behindGateway, callBy, edge, grpcTo, http2To, httpTo, listener } from "./gateways.js";
import { explicit, nodeAt, route, Started } from "./mesh.js";

describe("what a virtual gateway rewrites", function () {
  this.timeout(180_000);
  const started = new Started();
  afterEach(() => started.end());

  /** What reaches the application of each path that a client asks for, the same by HTTP/1.1 and HTTP/2. */
  const reached = async (
    routes: readonly (readonly [HttpGatewayRouteMatch, HttpGatewayRouteRewrite | undefined])[],
    calls: readonly string[],
  ): Promise<Readonly<Record<string, string>>> => {
    const [app, address] = [await started.server("app"), await loopbackAddress(8088, 8089)];
    const gatewayRoutes = Object.fromEntries(
      routes.flatMap(([match, rewrite], i) => {
        const to = rewrite ? { rewrite } : {};
        return [
          [`r${i}`, httpTo("app.local", match, to)],
          [`r${i}, HTTP/2`, http2To("app.local", match, to)],
        ];
      }),
    );
    const listeners = [listener(8088), listener(8089, "http2")];
    await started.envoy(edge(behindGateway({ app: nodeAt(app.port) }, gatewayRoutes, listeners), address));
    const seenBy = async (protocol: "http" | "http2", port: number) => {
      const seen: Record<string, string> = {};
      for (const path of calls) {
        const headers = { host: "www.example.com" };
        const { status, body } = await callBy(protocol, `${address}:${port}`, path, { headers });
        const { headers: got, url } = status === 200 ? (JSON.parse(body) as Echo) : { headers: {}, url: "" };
        seen[path] = status === 200 ? `${got.host}${url}` : String(status);
      }
      return seen;
    };
    const seen = await seenBy("http", 8088);
    assert.deepEqual(await seenBy("http2", 8089), seen);
    return seen;
  };

  it('makes "/" of a prefix where a route says nothing, and the virtual service of the host', async () => {
    assert.deepEqual(
      await reached(
        [
          [{ prefix: "/chapter" }, undefined],
          [{ prefix: "/slash/" }, undefined],
          [
            { prefix: "/enabled" },
            { prefix: { defaultPrefix: "ENABLED" }, hostname: { defaultTargetHostname: "ENABLED" } },
          ],
          [{ prefix: "/" }, undefined],
        ],
        [
          "/chapter/page?n=1",
          "/chapter/",
          "/chapter",
          "/chapter?n=1",
          "/chapter1",
          "/chapter//page",
          "/slash/page",
          "/slash",
          "/enabled/page",
          "/else?x",
        ],
      ),
      {
        "/chapter/page?n=1": "app.local/page?n=1",
        "/chapter/": "app.local/",
        "/chapter": "app.local/",
        "/chapter?n=1": "app.local/?n=1",
        // As App Mesh did: a prefix is a prefix of the text, not of the path's segments.
        "/chapter1": "app.local/1",
        "/chapter//page": "app.local/page",
        "/slash/page": "app.local/page",
        "/slash": "app.local/slash",
        "/enabled/page": "app.local/page",
        "/else?x": "app.local/else?x",
      },
    );
  });

  // Shows: gatewayRoute.{httpRoute,http2Route}.action.rewrite.{hostname.defaultTargetHostname,prefix.defaultPrefix}
  it("leaves the prefix, and the host, where a route switches that off", async () => {
    assert.deepEqual(
      await reached(
        [
          [{ prefix: "/path" }, { prefix: { defaultPrefix: "DISABLED" } }],
          [{ prefix: "/host" }, { hostname: { defaultTargetHostname: "DISABLED" } }],
          [
            { prefix: "/both" },
            { prefix: { defaultPrefix: "DISABLED" }, hostname: { defaultTargetHostname: "DISABLED" } },
          ],
        ],
        ["/path/page", "/host/page", "/both/page?n=1"],
      ),
      {
        "/path/page": "app.local/path/page",
        "/host/page": "www.example.com/page",
        "/both/page?n=1": "www.example.com/both/page?n=1",
      },
    );
  });

  // Shows: gatewayRoute.{httpRoute,http2Route}.action.rewrite.{prefix.value,path.exact}
  it("makes of a prefix, or of the whole path, what a route says", async () => {
    assert.deepEqual(
      await reached(
        [
          [{ prefix: "/v1" }, { prefix: { value: "/v2" } }],
          [{ prefix: "/w1" }, { prefix: { value: "/w2/" } }],
          [{ prefix: "/x1/" }, { prefix: { value: "/x2/" } }],
          [{ prefix: "/a.b+c" }, { path: { exact: "/whole\\1" } }],
          [{ path: { exact: "/exact" } }, { path: { exact: "/other" } }],
          [{ path: { exact: "/kept" } }, undefined],
          [{ path: { regex: "/items/[0-9]+" } }, { path: { exact: "/item" } }],
          [{ path: { regex: "/all/.*" } }, undefined],
        ],
        [
          "/v1/page",
          "/v1",
          "/w1/page",
          "/w1",
          "/x1/page",
          "/a.b+c/d?n=1",
          "/aXbbc",
          "/exact?n=1",
          "/kept?n=1",
          "/items/12?n=1",
          "/all/of/it",
        ],
      ),
      {
        "/v1/page": "app.local/v2/page",
        "/v1": "app.local/v2",
        "/w1/page": "app.local/w2/page",
        "/w1": "app.local/w2/",
        "/x1/page": "app.local/x2/page",
        "/a.b+c/d?n=1": "app.local/whole/1?n=1",
        "/aXbbc": "404",
        "/exact?n=1": "app.local/other?n=1",
        "/kept?n=1": "app.local/kept?n=1",
        "/items/12?n=1": "app.local/item?n=1",
        "/all/of/it": "app.local/all/of/it",
      },
    );
  });

  it("lets a virtual router's routes see what was rewritten, or the host that was preserved", async () => {
    const [v1, v2, hosted] = await Promise.all(["v1", "v2", "hosted"].map((name) => started.server(name)));
    const address = await loopbackAddress(8088);
    const keepHost = { hostname: { defaultTargetHostname: "DISABLED" as const } };
    const document = behindGateway(
      {
        v1: nodeAt(v1?.port as number),
        v2: nodeAt(v2?.port as number),
        hosted: nodeAt(hosted?.port as number),
      },
      {
        rewritten: httpTo("shop.local", { prefix: "/shop" }),
        kept: httpTo("shop.local", { prefix: "/kept" }, { rewrite: keepHost }),
      },
      [listener(8088)],
      {
        virtualServices: { "shop.local": { provider: { virtualRouter: { virtualRouterName: "shop" } } } },
        virtualRouters: { shop: { listeners: [{ portMapping: { port: 8080, protocol: "http" } }] } },
        routes: {
          shop: {
            regex: route({ path: { regex: "/items/[0-9]+" } }, { v2: 1 }),
            prefix: route({ prefix: "/cart" }, { v2: 1 }),
            hosted: route(
              { prefix: "/", headers: [{ name: "host", match: { exact: "www.example.com" } }] },
              { hosted: 1 },
            ),
            all: route({ prefix: "/" }, { v1: 1 }),
          },
        },
      },
    );
    await started.envoy(edge(document, address));
    const call = async (path: string) => {
      const answer = await callAt(`${address}:8088`, path, { headers: { host: "www.example.com" } });
      const echo = JSON.parse(answer.body) as Echo;
      return `${echo.server} ${echo.url}`;
    };
    assert.deepEqual(
      [
        await call("/shop/items/12"),
        await call("/shop/cart/1"),
        await call("/shop/shop"),
        await call("/kept/page"),
        await call("/kept/cart"),
      ],
      ["v2 /items/12", "v2 /cart/1", "v1 /shop", "hosted /page", "v2 /cart"],
    );
  });

  // Shows: gatewayRoute.grpcRoute.action.rewrite.hostname.defaultTargetHostname
  it("rewrites the host of gRPC calls, or preserves it, and never their path", async () => {
    const [app, address] = [await started.server("app", { http2: true }), await loopbackAddress(8088)];
    const document = behindGateway(
      { app: nodeAt(app.port, "grpc") },
      {
        rewritten: grpcTo("app.local", { serviceName: "shop.Catalog" }),
        enabled: grpcTo(
          "app.local",
          { serviceName: "shop.Enabled" },
          { rewrite: { hostname: { defaultTargetHostname: "ENABLED" } } },
        ),
        kept: grpcTo(
          "app.local",
          { serviceName: "shop.Ratings" },
          { rewrite: { hostname: { defaultTargetHostname: "DISABLED" } } },
        ),
      },
      [listener(8088, "grpc")],
    );
    await started.envoy(edge(document, address));
    const call = async (path: string) => {
      const { body } = await http2CallAt(`${address}:8088`, {
        ":path": path,
        ":authority": "grpc.example.com",
        "content-type": "application/grpc",
        te: "trailers",
      });
      const echo = JSON.parse(body) as Echo;
      return `${echo.headers[":authority"]}${echo.url}`;
    };
    assert.deepEqual(
      [await call("/shop.Catalog/Get"), await call("/shop.Enabled/Get"), await call("/shop.Ratings/Get")],
      ["app.local/shop.Catalog/Get", "app.local/shop.Enabled/Get", "grpc.example.com/shop.Ratings/Get"],
    );
  });

  it("brings what was rewritten through the proxy of the virtual node to its application", async () => {
    const app = await started.server("app");
    const [node, address] = [await loopbackAddress(9080), await loopbackAddress(8088)];
    const document = behindGateway(
      { app: nodeAt(9080, "http", {}, node) },
      { app: httpTo("app.local", { prefix: "/app" }) },
    );
    await started.envoy(explicit(document, "app", node, { "9080": app.port }));
    await started.envoy(edge(document, address));
    const answer = await callAt(`${address}:8088`, "/app/page", { headers: { host: "www.example.com" } });
    const { server, url, headers } = JSON.parse(answer.body) as Echo;
    assert.deepEqual(
      {
        server,
        url,
        host: headers.host,
        before: headers["x-envoy-original-path"],
        chosen: headers["x-app-mesh-virtual-service"],
      },
      { server: "app", url: "/page", host: "app.local", before: "/app/page", chosen: undefined },
    );
  });
});
