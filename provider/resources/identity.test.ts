import assert from "node:assert/strict";
import fc from "fast-check";
import type { Address } from "../client/appmesh.js";
import { Secret, UNKNOWN } from "../server/values.js";
import { addressOf, describeAddress, formatId, identityInputs, parseId } from "./identity.js";
import { type ResourceType, resourceTypes } from "./types.js";

const type = (title: string): ResourceType => {
  const found = resourceTypes.get(`appmesh:index:${title}`);
  assert.ok(found, title);
  return found;
};

describe("ids", () => {
  const examples: [string, string, Address][] = [
    ["Mesh", "shop", { kind: "mesh", names: ["shop"] }],
    ["VirtualNode", "shop/catalog-v1", { kind: "virtualNode", names: ["shop", "catalog-v1"] }],
    ["Route", "shop/catalog/canary", { kind: "route", names: ["shop", "catalog", "canary"] }],
    ["GatewayRoute", "shop/ingress/all", { kind: "gatewayRoute", names: ["shop", "ingress", "all"] }],
    [
      "Route",
      "shop@111122223333/catalog/canary",
      { kind: "route", names: ["shop", "catalog", "canary"], meshOwner: "111122223333" },
    ],
    ["VirtualService", "shop/a%2Fb%40c%25d", { kind: "virtualService", names: ["shop", "a/b@c%d"] }],
  ];
  for (const [title, id, address] of examples) {
    it(`writes and reads ${id}`, () => {
      assert.equal(formatId(address), id);
      assert.deepEqual(parseId(type(title), id), address);
    });
  }

  it("can be read back for whatever names and owner", () => {
    const name = fc.string({ minLength: 1 });
    const owner = fc.option(fc.stringMatching(/^[0-9]{12}$/), { nil: undefined });
    for (const each of resourceTypes.values()) {
      const names = fc.array(name, {
        minLength: each.nameMembers.length,
        maxLength: each.nameMembers.length,
      });
      fc.assert(
        fc.property(names, owner, (names, owner) => {
          const shared = owner !== undefined && each.kind !== "mesh";
          const address: Address = { kind: each.kind, names, ...(shared && { meshOwner: owner }) };
          assert.deepEqual(parseId(each, formatId(address)), address);
        }),
      );
    }
  });

  const refused: [string, string, string][] = [
    ["Mesh", "shop/catalog", '"shop/catalog" is not the id of a mesh; mesh is expected, for example shop.'],
    [
      "Mesh",
      "shop@111122223333",
      '"shop@111122223333" is not the id of a mesh; mesh is expected, for example shop.',
    ],
    ["Mesh", "", '"" is not the id of a mesh; mesh is expected, for example shop.'],
    [
      "VirtualNode",
      "shop@me/catalog",
      '"shop@me/catalog" is not the id of a virtual node; mesh/virtualNode is expected, for example shop/catalog, or shop@111122223333/catalog in a mesh of another account.',
    ],
    [
      "Route",
      "shop/canary",
      '"shop/canary" is not the id of a route; mesh/virtualRouter/route is expected, for example shop/catalog/canary, or shop@111122223333/catalog/canary in a mesh of another account.',
    ],
    [
      "GatewayRoute",
      "shop//all",
      '"shop//all" is not the id of a gateway route; mesh/virtualGateway/gatewayRoute is expected, for example shop/ingress/canary, or shop@111122223333/ingress/canary in a mesh of another account.',
    ],
  ];
  for (const [title, id, message] of refused) {
    it(`refuses ${JSON.stringify(id)} as the id of a ${title}`, () => {
      assert.throws(() => parseId(type(title), id), { name: "Error", message });
    });
  }
});

describe("addresses", () => {
  const inputs = { meshName: "shop", virtualRouterName: "catalog", routeName: "canary" };

  it("come from the inputs, and lead back to them", () => {
    const address: Address = { kind: "route", names: ["shop", "catalog", "canary"] };
    assert.deepEqual(addressOf(type("Route"), { ...inputs, spec: UNKNOWN }), address);
    assert.deepEqual(identityInputs(type("Route"), address), inputs);
    const shared = { ...address, meshOwner: "111122223333" };
    assert.deepEqual(addressOf(type("Route"), { ...inputs, meshOwner: "111122223333" }), shared);
    assert.deepEqual(identityInputs(type("Route"), shared), { ...inputs, meshOwner: "111122223333" });
  });

  it("look into secrets", () => {
    assert.deepEqual(addressOf(type("Mesh"), { meshName: new Secret("shop") }), {
      kind: "mesh",
      names: ["shop"],
    });
  });

  it("are not known while a name or the owner is not", () => {
    assert.equal(addressOf(type("Route"), { ...inputs, virtualRouterName: UNKNOWN }), undefined);
    assert.equal(addressOf(type("Route"), { ...inputs, meshOwner: UNKNOWN }), undefined);
    assert.equal(addressOf(type("Route"), { meshName: "shop", routeName: "canary" }), undefined);
  });

  it("are told from the inside out", () => {
    assert.equal(
      describeAddress({ kind: "route", names: ["shop", "catalog", "canary"] }),
      'route "canary" of virtual router "catalog" of mesh "shop"',
    );
  });
});
