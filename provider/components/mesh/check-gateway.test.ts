import { deepStrictEqual } from "node:assert/strict";
import { type ObjectValue, Secret, UNKNOWN, type Value } from "../../server/values.js";
import { checkComponent } from "../check.js";
import { gateway as gatewayType } from "./gateway-args.js";

const checkGateway = (given: ObjectValue) => checkComponent(gatewayType, given);

const listener = (protocol: Value, port = 8080): ObjectValue => ({ portMapping: { port, protocol } });
const gateway = (routes: Value, more: ObjectValue = {}): ObjectValue => ({
  meshName: "shop",
  listeners: [listener("http")],
  routes,
  ...more,
});
const to = (more: ObjectValue = {}): ObjectValue => ({ virtualServiceName: "catalog.shop.local", ...more });

describe("the check of a Gateway", () => {
  it("finds nothing wrong with every protocol, and with what is not known yet", () => {
    const fine: ObjectValue[] = [
      { meshName: "shop", listeners: [listener("http")] },
      gateway({ all: to() }),
      gateway({ all: to() }, { listeners: [listener("grpc")], virtualGatewayName: "ingress" }),
      gateway({
        some: to({
          port: 8080,
          priority: 0,
          httpRoute: { match: { prefix: "/v1/" }, rewrite: { prefix: { value: "/" } } },
        }),
      }),
      gateway({ all: to() }, { listeners: UNKNOWN, meshName: UNKNOWN }),
      gateway({ all: to() }, { listeners: [listener(UNKNOWN)] }),
      gateway({ all: { virtualServiceName: UNKNOWN, port: UNKNOWN, httpRoute: UNKNOWN } }),
      gateway(
        { http: to({ httpRoute: { match: { prefix: "/", port: 8080 } } }), grpc: to({ grpcRoute: UNKNOWN }) },
        { listeners: [listener("http"), listener("grpc", 9090)] },
      ),
    ];
    for (const given of fine) deepStrictEqual(checkGateway(given), [], JSON.stringify(given));
  });

  it("tells what is wrong at the place of the argument", () => {
    const { listeners: _, ...rest } = gateway(
      { a: { port: 0 }, b: UNKNOWN, c: to({ httpRoute: {}, grpcRoute: {} }) },
      { route: {}, tags: { "": "x" } },
    );
    deepStrictEqual(
      checkGateway(rest).map(({ property }) => property),
      [
        "listeners",
        "routes.b",
        "routes.a.virtualServiceName",
        "routes.a.port",
        "routes.c",
        "route",
        'tags[""]',
      ],
    );
    deepStrictEqual(checkGateway(gateway(UNKNOWN)), [
      {
        property: "routes",
        reason:
          "a value that is not known yet was given; a map is allowed, whose names must be known before anything is " +
          "made; what they stand for need not be.",
      },
    ]);
    deepStrictEqual(checkGateway(gateway({ a: to({ port: new Secret(0) }) })), [
      {
        property: "routes.a.port",
        reason: "a secret value was given; an integer from 1 to 65535 is allowed.",
      },
    ]);
  });

  it("tells what breaks a rule of the specs where the argument is that it comes from", () => {
    const match = { prefix: "v1" };
    deepStrictEqual(checkGateway(gateway({ a: to({ httpRoute: { match } }) })), [
      {
        property: "routes.a.httpRoute.match.prefix",
        reason: '"v1" was given; a path that starts with "/" is allowed.',
      },
    ]);
  });

  it("wants routes for what the listeners receive, and on which of them", () => {
    deepStrictEqual(checkGateway(gateway({ a: to({ grpcRoute: {} }) })), [
      {
        property: "routes.a.grpcRoute",
        reason:
          "grpcRoute was given; httpRoute is allowed, since the protocol of the gateway's listeners is http.",
      },
    ]);
    const two = { listeners: [listener("http"), listener("http2", 9090)] };
    deepStrictEqual(checkGateway(gateway({ a: to(), b: to({ http2Route: {} }) }, two)), [
      {
        property: "routes.a",
        reason:
          "none of httpRoute, http2Route was given; one is required, since the gateway's listeners have several protocols (http, http2).",
      },
      {
        property: "routes.b.http2Route.match.port",
        reason: "nothing was given; it is required, since the gateway has 2 listeners.",
      },
    ]);
  });
});
