// What a pod of the mesh becomes is what Kubernetes' own API server takes.
import assert from "node:assert/strict";
import { addMeshToPod } from "@pulumi-appmesh/provider/components/kubernetes/add-mesh-to-pod.js";
import type { MeshPodOptions } from "@pulumi-appmesh/provider/components/kubernetes/mesh-pod-options.js";
import { type Cluster, kubernetesMissing, startCluster } from "../support/kubernetes.js";

describe("pods of the mesh at the API server", function () {
  this.timeout(600_000);
  let cluster: Cluster;
  before(async function () {
    const missing = await kubernetesMissing();
    if (missing !== undefined) {
      console.log(`      skipped: ${missing}`);
      this.skip();
    }
    cluster = await startCluster();
    cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
  });
  after(() => cluster?.stop());

  const key = (of: string) => ({ name: "identity", key: of });
  const controlPlane = { host: "xds.shop.internal", trustFrom: key("trust") };
  const base = { meshName: "shop", virtualNode: "catalog", controlPlane } as const;
  const interception = { image: "shop/iptables:1" };
  const variants: Readonly<Record<string, MeshPodOptions>> = {
    token: { ...base, interception },
    certificate: {
      ...base,
      interception,
      tracing: {},
      controlPlane: {
        ...controlPlane,
        certificateFrom: key("certificate"),
        privateKeyFrom: key("privateKey"),
      },
    },
    explicit: {
      ...base,
      interception: { mode: "explicit", appPorts: { 8080: 9080 } },
      tracing: { tracer: "xray" },
      drainSeconds: 0,
    },
  };
  const app = { name: "app", image: "shop/app:1", ports: [{ containerPort: 9080 }] };

  for (const [name, options] of Object.entries(variants)) {
    it(`are taken as they are, of a Deployment, with ${name}`, () => {
      const labels = { app: name };
      const spec = addMeshToPod({ containers: [app] }, options);
      const deployment = {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name, namespace: "shop" },
        spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
      };
      // A member that Kubernetes does not know, or another type than it has, is refused.
      const validated = ["create", "--validate=strict", "-f", "-", "-o", "json"];
      const taken = JSON.parse(cluster.kubectl(validated, JSON.stringify(deployment)));
      assert.deepEqual(within(taken.spec.template.spec, JSON.parse(JSON.stringify(spec))), spec);
    });
  }
});

/** What is in a value of the members that another one has: the API server adds its defaults. */
function within(value: unknown, wanted: unknown): unknown {
  if (Array.isArray(wanted) && Array.isArray(value))
    return value.map((item, index) => within(item, wanted[index]));
  if (typeof wanted !== "object" || wanted === null || typeof value !== "object" || value === null)
    return value;
  const members = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(wanted)
      .filter(([name]) => name in members)
      .map(([name, member]) => [name, within(members[name], member)]),
  );
}
