import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as model from "./index.js";
import { entityTypes, type HttpRoute, type Kind, type Shape, type Specs, TagList } from "./index.js";

describe("the model's package", () => {
  it("has each named shape under its name", () => {
    const exported = model as unknown as Record<string, unknown>;
    const visit = (shape: Shape): void => {
      if (shape.kind === "enum" || shape.kind === "structure")
        assert.equal(exported[shape.name], shape, shape.name);
      if (shape.kind === "list" || shape.kind === "map") visit(shape.item);
      if (shape.kind === "structure") for (const member of Object.values(shape.members)) visit(member.shape);
    };
    for (const type of Object.values(entityTypes)) visit(type.spec);
    visit(TagList);
  });

  it("has each kind of entity under its kind, in the order in which a mesh is built", () => {
    assert.deepEqual(
      Object.entries(entityTypes).map(([kind, type]) => [kind, type.kind, type.parent]),
      [
        ["mesh", "mesh", undefined],
        ["virtualNode", "virtualNode", "mesh"],
        ["virtualRouter", "virtualRouter", "mesh"],
        ["route", "route", "virtualRouter"],
        ["virtualService", "virtualService", "mesh"],
        ["virtualGateway", "virtualGateway", "mesh"],
        ["gatewayRoute", "gatewayRoute", "virtualGateway"],
      ],
    );
  });

  it("loads nothing but itself, so that the plugin starts at once", () => {
    const program = `
      import { registerHooks } from "node:module";
      registerHooks({ resolve(specifier, context, next) {
        const { url } = next(specifier, context);
        console.log(url);
        return { url, shortCircuit: true };
      } });
      await import(${JSON.stringify(new URL("./index.js", import.meta.url).href)});
    `;
    const loaded = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
      encoding: "utf8",
    });
    const here = new URL("./", import.meta.url).href;
    const foreign = loaded
      .trim()
      .split("\n")
      .filter((url) => !url.startsWith(here));
    assert.deepEqual(foreign, []);
    assert.ok(!/\/testing\/|\.test\.js/.test(loaded));
  });

  it("has types that say what is required and what is allowed", () => {
    const route: Specs["route"] = {
      priority: 1,
      httpRoute: {
        match: { prefix: "/", method: "GET" },
        action: { weightedTargets: [{ virtualNode: "catalog-v1", weight: 100 }] },
      },
    };
    // @ts-expect-error an action is required
    const incomplete: HttpRoute = { match: {} };
    // @ts-expect-error there is no such method
    const misspelt: HttpRoute["match"] = { method: "FETCH" };
    // @ts-expect-error there is no such member
    const unheardOf: Specs["mesh"] = { egress: { type: "DROP_ALL" } };
    // @ts-expect-error a spec is not changed in place
    route.priority = 2;
    const kinds: Kind[] = ["mesh", "gatewayRoute"];
    assert.ok(incomplete && misspelt && unheardOf && kinds);
  });
});
