import assert from "node:assert/strict";
import { entitiesOf, type MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import type { Interception } from "@pulumi-appmesh/control-plane/translate/entities.js";
import type { ProxyResources } from "@pulumi-appmesh/control-plane/translate/resources.js";
import { translate } from "@pulumi-appmesh/control-plane/translate/translate.js";
import fc from "fast-check";
import { type Asked, allAsked, anyGatewayMesh, anyInterception, anyMesh } from "../support/any-mesh.js";
import { dnsServer } from "../support/dns.js";
import { loopbackAddress } from "../support/loopback.js";
import { type Rewrite, refusalOf, StaticEnvoy } from "../support/static-envoy.js";

/** `APPMESH_RUNS=1000` looks further. */
const runs = Number(process.env.APPMESH_RUNS ?? 30);

const of = (document: MeshDocument, asked: Asked, interception: Interception): ProxyResources =>
  translate(entitiesOf(document), { meshName: document.meshName, ...asked, interception });

describe("any mesh that the model allows", function () {
  this.timeout(runs * 20_000);

  it("gives every proxy resources of different names, the same ones for the same mesh", () => {
    fc.assert(
      fc.property(anyMesh, anyInterception, (document, interception) => {
        for (const asked of allAsked) {
          const resources = of(document, asked, interception);
          if (resources.clusters.length > 0)
            assert.equal(of({ ...document }, asked, interception), resources);
          assert.deepEqual(of(structuredClone(document), asked, structuredClone(interception)), resources);
          for (const kind of ["secrets", "clusters", "endpoints", "listeners", "routes"] as const) {
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

  it("gives exactly the secrets that it names, but for those of AWS, which nobody exports here", () => {
    fc.assert(
      fc.property(anyMesh, anyInterception, (document, interception) => {
        for (const asked of allAsked) {
          const resources = of(document, asked, interception);
          const named = secretNames([resources.clusters, resources.listeners]);
          const given = resources.secrets.map(({ name }) => name);
          const fromFiles = [...new Set(named)].filter((name) => /^(certificate|trust):file:/.test(name));
          assert.deepEqual(given.toSorted(), fromFiles.toSorted());
          if (fromFiles.length < new Set(named).size) {
            assert.ok(resources.problems.some(({ message }) => /exports no certificates/.test(message)));
          }
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

  it("is taken over by a running gateway, whatever it had before", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyGatewayMesh, { minLength: 4, maxLength: 4 }), async (documents) => {
        const dns = await dnsServer({});
        const address = await loopbackAddress();
        const told = documents.map((document) =>
          of(document, { kind: "virtualGateway", name: "edge" }, { mode: "explicit", address, appPorts: {} }),
        );
        /** The first 1024 ports are not for everybody. */
        const rewrite: Rewrite = (object) =>
          typeof object.portValue === "number" && object.portValue < 1024
            ? { ...object, portValue: object.portValue + 20_000 }
            : object;
        const [first, ...others] = told as [ProxyResources, ...ProxyResources[]];
        const proxy = await StaticEnvoy.start(first, { rewrite, dns: dns.port });
        try {
          for (const resources of others) await proxy.apply(resources);
          assert.equal(await proxy.stat("listener_manager.lds.update_rejected"), 0);
        } finally {
          await proxy.stop();
          await dns.close();
        }
      }),
      { numRuns: Math.ceil(runs / 30), endOnFailure: true },
    );
  });
});

/** The secrets that come from the control plane, by the places where Envoy is told to ask for them. */
function secretNames(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(secretNames);
  if (typeof value !== "object" || value === null) return [];
  const { name, sdsConfig } = value as { name?: string; sdsConfig?: object };
  if (name !== undefined && sdsConfig !== undefined) return "ads" in sdsConfig ? [name] : [];
  return Object.values(value).flatMap(secretNames);
}

/** The texts of all members of these names. */
function strings(value: unknown, members: RegExp): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => strings(item, members));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    typeof member === "string" ? (members.test(key) ? [member] : []) : strings(member, members),
  );
}
