import assert from "node:assert/strict";
import type { GatewayRouteSpec, RouteSpec } from "@pulumi-appmesh/model";
import { gatewayRoutesInOrder, inOrder } from "./specificity.js";

const action = { weightedTargets: [{ virtualNode: "catalog", weight: 1 }] };
const target = { virtualService: { virtualServiceName: "catalog.shop.local" } };

/** The names of routes in the order in which they are tried, whichever way they were found. */
function order(routes: Readonly<Record<string, RouteSpec>>): readonly string[] {
  const found = Object.entries(routes).map(([name, spec]) => ({ name, spec }));
  const names = inOrder(found).map(({ name }) => name);
  assert.deepEqual(
    inOrder(found.reverse()).map(({ name }) => name),
    names,
  );
  return names;
}

describe("the order of routes", () => {
  it("has the one for a port before the one for any, which would else take all", () => {
    assert.deepEqual(
      order({
        any: { httpRoute: { match: { prefix: "/" }, action } },
        port: { httpRoute: { match: { prefix: "/", port: 8080 }, action } },
      }),
      ["port", "any"],
    );
    assert.deepEqual(
      order({
        any: { grpcRoute: { match: { serviceName: "shop.Catalog" }, action } },
        port: { grpcRoute: { match: { serviceName: "shop.Catalog", port: 8080 }, action } },
      }),
      ["port", "any"],
    );
    assert.deepEqual(
      order({ any: { tcpRoute: { action } }, port: { tcpRoute: { match: { port: 5432 }, action } } }),
      ["port", "any"],
    );
  });

  it("has the longer path before a port, and the priority before all", () => {
    assert.deepEqual(
      order({
        any: { httpRoute: { match: { prefix: "/" }, action } },
        first: { httpRoute: { match: { prefix: "/" }, action }, priority: 9 },
        longer: { httpRoute: { match: { prefix: "/items" }, action } },
        port: { httpRoute: { match: { prefix: "/", port: 8080 }, action } },
      }),
      ["first", "longer", "port", "any"],
    );
  });

  it("is that of a gateway's routes, too", () => {
    const spec = (port?: number): GatewayRouteSpec => ({
      httpRoute: { match: { prefix: "/", ...(port && { port }) }, action: { target } },
    });
    const routes = [
      { name: "any", spec: spec() },
      { name: "port", spec: spec(8080) },
    ];
    assert.deepEqual(
      gatewayRoutesInOrder(routes).map(({ name }) => name),
      ["port", "any"],
    );
  });
});
