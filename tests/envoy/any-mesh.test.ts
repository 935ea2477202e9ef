import assert from "node:assert/strict";
import { entitiesOf, type MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import type { Interception } from "@pulumi-appmesh/control-plane/translate/entities.js";
import type { ProxyResources } from "@pulumi-appmesh/control-plane/translate/resources.js";
import { translate } from "@pulumi-appmesh/control-plane/translate/translate.js";
import fc from "fast-check";
import { type Asked, allAsked, anyInterception, anyMesh } from "../support/any-mesh.js";
import { refusalOf } from "../support/static-envoy.js";

/** `APPMESH_RUNS=1000` looks further. */
const runs = Number(process.env.APPMESH_RUNS ?? 30);

const of = (document: MeshDocument, asked: Asked, interception: Interception): ProxyResources =>
  translate(entitiesOf(document), { meshName: document.meshName, ...asked, interception });

describe("any mesh that the model allows", function () {
  this.timeout(runs * 5_000);

  it("gives every proxy resources of different names, the same ones for the same mesh", () => {
    fc.assert(
      fc.property(anyMesh, anyInterception, (document, interception) => {
        for (const asked of allAsked) {
          const resources = of(document, asked, interception);
          if (resources.clusters.length > 0)
            assert.equal(of({ ...document }, asked, interception), resources);
          assert.deepEqual(of(structuredClone(document), asked, structuredClone(interception)), resources);
          for (const kind of ["clusters", "endpoints", "listeners", "routes"] as const) {
            const names = resources[kind].map((resource) => resource.name);
            assert.deepEqual(
              names,
              [...new Set(names)].sort((a, b) => (a < b ? -1 : 1)),
            );
          }
        }
      }),
      { numRuns: runs },
    );
  });

  it("names no cluster and no route configuration that it does not give", () => {
    fc.assert(
      fc.property(anyMesh, anyInterception, (document, interception) => {
        for (const asked of allAsked) {
          const resources = of(document, asked, interception);
          const clusters = new Set(resources.clusters.map((resource) => resource.name));
          const named = strings([resources.listeners, resources.routes], /^(cluster|name)$/).filter((text) =>
            /^cds_/.test(text),
          );
          assert.deepEqual(
            named.filter((text) => !clusters.has(text)),
            [],
          );
          const routes = new Set(resources.routes.map((resource) => resource.name));
          const subscribed = strings(resources.listeners, /^routeConfigName$/);
          assert.deepEqual([...new Set(subscribed)].sort(), [...routes].sort());
        }
      }),
      { numRuns: runs },
    );
  });

  it("gives what Envoy takes", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyMesh,
        anyInterception,
        fc.constantFrom(...allAsked),
        async (document, interception, asked) => {
          const refusal = await refusalOf(of(document, asked, interception));
          assert.equal(refusal, undefined);
        },
      ),
      { numRuns: runs },
    );
  });
});

/** The texts of all members of these names. */
function strings(value: unknown, members: RegExp): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => strings(item, members));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    typeof member === "string" ? (members.test(key) ? [member] : []) : strings(member, members),
  );
}
