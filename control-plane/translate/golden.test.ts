import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { checkSpec, formatViolation, type Kind } from "@pulumi-appmesh/model";
import { entitiesOf, type MeshDocument } from "./document.js";
import type { Interception } from "./entities.js";
import type { ProxyResources } from "./resources.js";
import { translate } from "./translate.js";

/**
 * One case a feature: `<case>.input.json` is a mesh, and `<case>.golden.json` what the proxies of its virtual node
 * `front` (or the one that `node` names, or of the virtual gateway that `gateway` names) are told; what both
 * interceptions share is written once. `UPDATE_GOLDEN=1` writes what is told now: read the difference.
 */
interface Case extends MeshDocument {
  readonly about: string;
  readonly node?: string;
  readonly gateway?: string;
}

const folder = fileURLToPath(new URL("../../translate/testdata/", import.meta.url));
const cases = readdirSync(folder)
  .filter((file) => file.endsWith(".input.json"))
  .map((file) => file.slice(0, -".input.json".length));

const interceptions = {
  transparent: { mode: "transparent" },
  explicit: { mode: "explicit", address: "127.0.1.2", appPorts: { "8080": 41234 } },
} as const satisfies Readonly<Record<string, Interception>>;

function told(input: Case): Readonly<Record<string, object>> {
  const of = (interception: Interception): Partial<ProxyResources> => {
    const { secrets, ...others }: ProxyResources = JSON.parse(
      JSON.stringify(
        translate(entitiesOf(input), {
          meshName: input.meshName,
          ...(input.gateway === undefined
            ? { kind: "virtualNode", name: input.node ?? "front" }
            : { kind: "virtualGateway", name: input.gateway }),
          interception,
        }),
      ),
    );
    return secrets.length === 0 ? others : { secrets, ...others };
  };
  const transparent = of(interceptions.transparent);
  const explicit = of(interceptions.explicit);
  return {
    transparent,
    explicit: Object.fromEntries(
      Object.entries(explicit).map(([kind, resources]) => [
        kind,
        isDeepStrictEqual(resources, transparent[kind as keyof ProxyResources])
          ? "as transparent"
          : (resources as readonly { readonly name?: string }[]).map((resource) => {
              const same = (transparent[kind as keyof ProxyResources] as readonly object[]).some((other) =>
                isDeepStrictEqual(other, resource),
              );
              return same && resource.name ? `${resource.name}, as transparent` : resource;
            }),
      ]),
    ),
  };
}

describe("what a proxy is told", () => {
  for (const name of cases) {
    const read = (kind: string) => JSON.parse(readFileSync(join(folder, `${name}.${kind}.json`), "utf8"));
    const input: Case = read("input");

    it(`${name}: ${input.about}`, () => {
      const golden = join(folder, `${name}.golden.json`);
      const actual = told(input);
      if (process.env.UPDATE_GOLDEN) writeFileSync(golden, `${compact(actual)}\n`);
      assert.ok(existsSync(golden), `${golden} is missing: run with UPDATE_GOLDEN=1`);
      assert.deepEqual(actual, read("golden"));
    });

    it(`${name}: is a mesh that the model allows`, () => {
      const violations = (kind: Kind, specs: Readonly<Record<string, unknown>> = {}) =>
        Object.values(specs).flatMap((spec) => checkSpec(kind, spec).map(formatViolation));
      assert.deepEqual(
        [
          ...violations("mesh", { mesh: input.mesh ?? {} }),
          ...violations("virtualNode", input.virtualNodes),
          ...violations("virtualRouter", input.virtualRouters),
          ...violations("virtualService", input.virtualServices),
          ...violations("virtualGateway", input.virtualGateways),
          ...Object.values(input.gatewayRoutes ?? {}).flatMap((routes) => violations("gatewayRoute", routes)),
          ...Object.values(input.routes ?? {}).flatMap((routes) => violations("route", routes)),
        ],
        [],
      );
    });
  }
});

/** JSON whose values stand on one line where they fit: fewer lines to read. */
function compact(value: unknown, indent = ""): string {
  const line = JSON.stringify(value);
  if (typeof value !== "object" || value === null || indent.length + line.length <= 140) return line;
  const deeper = `${indent}  `;
  const [open, close, members] = Array.isArray(value)
    ? ["[", "]", value.map((item) => compact(item, deeper))]
    : [
        "{",
        "}",
        Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${compact(member, deeper)}`),
      ];
  return `${open}\n${members.map((member) => deeper + member).join(",\n")}\n${indent}${close}`;
}
