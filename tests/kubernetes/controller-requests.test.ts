// The requests of AWS's Kubernetes controller, by the SDK that it is built with (tests/compat/go/controller_test.go), as its
// pod sends them once AppMeshController has installed it: to AWS's own host name, which an alias of the pod resolves to
// the control plane, trusting a private authority, signed with an access key from a Secret.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Declared, declaredEntities } from "@pulumi-appmesh/model/kubernetes";
import { caOf } from "../control-plane/callers.js";
import { type ControlPlane, startControlPlane, temporaryFolder } from "../support/control-plane.js";
import { type Namespace, Network, namespacesMissing } from "../support/namespaces.js";
import { goClient } from "../support/tools.js";

const HOST = "appmesh.us-east-1.amazonaws.com";
const accessKey = {
  accessKeyId: "AKIDCONTROLLER",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};

const object = (kind: string, name: string, spec: unknown) => ({
  apiVersion: "appmesh.k8s.aws/v1beta2",
  kind,
  metadata: { name, ...(kind !== "Mesh" && { namespace: "shop" }) },
  spec,
});
const listener = { portMapping: { port: 8080, protocol: "http" } };
const backend = (name: string) => ({ virtualService: { virtualServiceRef: { name } } });
const node = (name: string, ...backends: string[]) =>
  object("VirtualNode", name, {
    podSelector: { matchLabels: { app: name } },
    listeners: [
      {
        ...listener,
        healthCheck: {
          protocol: "http",
          path: "/ping",
          healthyThreshold: 2,
          unhealthyThreshold: 2,
          timeoutMillis: 2000,
          intervalMillis: 5000,
        },
      },
    ],
    serviceDiscovery: { dns: { hostname: `${name}.shop.svc.cluster.local` } },
    backends: backends.map(backend),
    logging: { accessLog: { file: { path: "/dev/stdout" } } },
  });
const targets = (...names: string[]) => ({
  weightedTargets: names.map((name) => ({ virtualNodeRef: { name }, weight: 50 })),
});
const router = (weights: [number, number]) =>
  object("VirtualRouter", "catalog", {
    listeners: [listener],
    routes: [
      {
        name: "canary",
        httpRoute: {
          match: { prefix: "/" },
          action: {
            weightedTargets: weights.map((weight, index) => ({
              virtualNodeRef: { name: `catalog-v${index + 1}` },
              weight,
            })),
          },
          retryPolicy: {
            maxRetries: 2,
            perRetryTimeout: { unit: "ms", value: 500 },
            httpRetryEvents: ["server-error"],
          },
        },
      },
      { name: "tried", priority: 1, httpRoute: { match: { prefix: "/v2" }, action: targets("catalog-v2") } },
    ],
  });

/** In the order in which they are made, and taken away: what is needed comes late, and goes early. */
const manifests = [
  object("GatewayRoute", "catalog", {
    virtualGatewayRef: { name: "ingress", uid: "1" },
    httpRoute: { match: { prefix: "/" }, action: { target: backend("catalog") } },
  }),
  object("VirtualService", "catalog", {
    provider: { virtualRouter: { virtualRouterRef: { name: "catalog" } } },
  }),
  router([50, 50]),
  // The two services call each other.
  object("VirtualService", "front", { provider: { virtualNode: { virtualNodeRef: { name: "front" } } } }),
  node("front", "catalog"),
  node("catalog-v1", "front"),
  node("catalog-v2"),
  object("VirtualGateway", "ingress", {
    listeners: [listener],
    podSelector: { matchLabels: { app: "ingress" } },
  }),
  object("Mesh", "shop", { namespaceSelector: {}, egressFilter: { type: "DROP_ALL" } }),
];

const keyOf = ({ kind, name }: Pick<Declared, "kind" | "name">) => `${kind}/${name}`;

/** What the controller waits for before it makes an entity: what it names, and that must be active. */
function needs({ kind, spec }: Declared, parent: string): string[] {
  if (kind === "mesh") return [];
  const named = JSON.stringify(spec);
  const found = (pattern: RegExp, of: string) =>
    [...named.matchAll(pattern)].map(([, name]) => `${of}/${name}`);
  const wanted = {
    virtualNode: [],
    virtualGateway: [],
    virtualRouter: [],
    virtualService: [
      ...found(/"virtualNodeName":"([^"]+)"/g, "virtualNode"),
      ...found(/"virtualRouterName":"([^"]+)"/g, "virtualRouter"),
    ],
    route: [`virtualRouter/${parent}`, ...found(/"virtualNode":"([^"]+)"/g, "virtualNode")],
    gatewayRoute: [`virtualGateway/${parent}`, ...found(/"virtualServiceName":"([^"]+)"/g, "virtualService")],
  }[kind];
  return ["mesh/shop", ...wanted];
}

const declared = (each: (typeof manifests)[number]) =>
  declaredEntities(each).map((entity, _, [whole]) => {
    const parent =
      entity.kind === "gatewayRoute" ? "ingress_shop" : entity.kind === "route" ? (whole?.name ?? "") : "";
    return { ...entity, parent, needs: needs(entity, parent) };
  });

describe("the requests of AWS's Kubernetes controller", function () {
  this.timeout(180_000);
  let network: Network | undefined;
  let pod: Namespace;
  let controlPlane: ControlPlane | undefined;
  let program: string;
  let bundle: string;
  before(async function () {
    const missing = namespacesMissing();
    const found = await goClient();
    if (missing !== undefined || found === undefined) {
      console.log(`      skipped: ${missing ?? "set-up found no Go to build tests/compat/go with"}`);
      return this.skip();
    }
    program = found;
    network = new Network();
    controlPlane = await startControlPlane({
      api: `${network.host}:443`,
      accessKey,
      args: ["--tls-self-signed", "--tls-name", HOST],
    });
    bundle = caOf(controlPlane) ?? "";
    pod = network.add("controller", { [HOST]: network.host });
  });
  after(async () => {
    await controlPlane?.stop();
    network?.close();
  });

  /** As a container's: nothing but what the Deployment says. */
  const run = async (test: string, env: Record<string, string> = {}, within = pod) => {
    const objects = join(temporaryFolder(), "objects.json");
    const changed = new Map(declared(router([90, 10])).map((entity) => [keyOf(entity), entity.spec]));
    const all = manifests.flatMap(declared).map((entity) => ({
      ...entity,
      ...(entity.name === "canary" && { changed: changed.get(keyOf(entity)) }),
    }));
    writeFileSync(objects, JSON.stringify(all));
    const variables = {
      APPMESH_OBJECTS: objects,
      AWS_REGION: "us-east-1",
      AWS_CA_BUNDLE: bundle,
      AWS_ACCESS_KEY_ID: accessKey.accessKeyId,
      AWS_SECRET_ACCESS_KEY: accessKey.secretAccessKey,
      ...env,
    };
    const words = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    return within.ask("env", "-i", ...words, program, "-test.v", `-test.run=^${test}$`);
  };

  it("make, find as declared, change and delete a mesh through the alias of its host", async () => {
    const { code, output } = await run("TestController");
    assert.equal(code, 0, output);
    const counts = (what: string) =>
      JSON.parse(new RegExp(`^${what} (.*)$`, "m").exec(output)?.[1] ?? "null");
    const entities = manifests.flatMap(declared).length;
    assert.equal(entities, 11);
    // Each is looked for, made, and looked at.
    assert.deepEqual(counts("made"), { describe: 2 * entities, create: entities });
    // Nothing differs from what was declared, so nothing is written.
    assert.deepEqual(counts("looked at again"), { describe: entities });
    assert.deepEqual(counts("changed"), { describe: 2, update: 1 });
    const deleted = counts("deleted");
    assert.ok(deleted.delete > entities, "some are in use at first");
  });

  it("are refused with the reason where the key, the authority or the address is not right", async () => {
    const refusal = async (env: Record<string, string>, within = pod) =>
      /^refused ([\s\S]*?)^--- /m.exec((await run("TestControllerRefused", env, within)).output)?.[1];
    assert.match((await refusal({})) ?? "", /^NotFoundException: NotFoundException: /);
    assert.match(
      (await refusal({ AWS_SECRET_ACCESS_KEY: "another" })) ?? "",
      /^(InvalidSignatureException|SignatureDoesNotMatch|\w+): .*signature/i,
    );
    assert.match((await refusal({ AWS_CA_BUNDLE: "" })) ?? "", /certificate signed by unknown authority/);
    const elsewhere = network?.add("elsewhere", { [HOST]: network.secondHost }) as Namespace;
    assert.match((await refusal({}, elsewhere)) ?? "", /connection refused/);
  });
});
