import assert from "node:assert/strict";
import { type ObjectValue, UNKNOWN } from "../../server/values.js";
import { checkComponent } from "../check.js";
import { meshDeployment } from "./mesh-deployment-args.js";
import { meshGatewayDeployment } from "./mesh-gateway-deployment-args.js";

const app = { name: "app", image: "shop/app:1", ports: [{ containerPort: 8080 }] };
const listeners = [{ portMapping: { port: 8080, protocol: "http" } }];
const common = {
  meshName: "shop",
  namespace: "shop",
  listeners,
  controlPlane: { host: "xds.shop.internal" },
};

const told = (type: typeof meshDeployment, inputs: object, name: string) =>
  checkComponent(type, inputs as ObjectValue, name).map(({ property, reason }) => `${property}: ${reason}`);
const deployment = (more: object = {}, name = "catalog") =>
  told(
    meshDeployment,
    {
      ...common,
      interception: { image: "shop/iptables:1" },
      podTemplate: { spec: { containers: [app] } },
      ...more,
    },
    name,
  );
const gateway = (more: object = {}, name = "edge") =>
  told(meshGatewayDeployment, { ...common, ...more }, name);
const template = (metadata: object, more: object = {}) => ({
  podTemplate: { metadata, spec: { containers: [app] }, ...more },
});

describe("the rules of pods that a component makes", () => {
  it("find nothing wrong with what is right, or not known yet", () => {
    assert.deepEqual(deployment(), []);
    assert.deepEqual(gateway(), []);
    assert.deepEqual(deployment({ serviceName: "catalog-v1" }, "Catalog_v1"), []);
    assert.deepEqual(deployment({ serviceName: UNKNOWN }, "Catalog_v1"), []);
    assert.deepEqual(deployment({ podTemplate: UNKNOWN, deployment: UNKNOWN, serviceAccount: UNKNOWN }), []);
    assert.deepEqual(deployment({ podTemplate: { spec: UNKNOWN } }), []);
    assert.deepEqual(deployment({ listeners: [{ portMapping: { port: UNKNOWN, protocol: "http" } }] }), []);
    assert.deepEqual(gateway({ podTemplate: { metadata: UNKNOWN }, servicePorts: [UNKNOWN] }), []);
  });

  it("find nothing wrong with any part that is not known yet", () => {
    const whole = {
      ...common,
      meshOwner: "111122223333",
      serviceName: "catalog",
      controlPlane: {
        host: "xds",
        port: 18000,
        serverName: "xds",
        trustFrom: { name: "a", key: "b" },
        certificateFrom: { name: "a", key: "b" },
        privateKeyFrom: { name: "a", key: "b" },
      },
      replicas: 2,
      drainSeconds: 3,
      envoy: { name: "proxy", image: "envoy:1", adminPort: 9902, resources: { limits: { cpu: "1" } } },
      tracing: { image: "collector:1", samplingRate: 1 },
      deployment: { metadata: { annotations: { a: "b" } }, spec: { minReadySeconds: 5 } },
      serviceAccount: { metadata: { annotations: { a: "b" } } },
      service: { metadata: { labels: { a: "b" } }, spec: { sessionAffinity: "None" } },
      podTemplate: {
        metadata: { labels: { a: "b" }, annotations: { a: "b" } },
        spec: {
          containers: [{ ...app, env: [{ name: "A", value: "b" }], securityContext: { runAsUser: 1 } }],
          volumes: [{ name: "a", emptyDir: {} }],
          terminationGracePeriodSeconds: 5,
        },
      },
      tags: { team: "shop" },
    };
    const node = {
      ...whole,
      virtualNodeName: "catalog",
      backends: ["prices.shop.internal"],
      serviceDiscovery: { dns: { hostname: "catalog" } },
      clusterDomain: "cluster.local",
    };
    const redirected = {
      image: "iptables:1",
      egressIgnoredIps: ["10.0.0.0/8"],
      egressIgnoredPorts: [5432],
    };
    const explicit = { mode: "explicit", appPorts: { 8080: 9080 } };
    const elsewhere = {
      ...whole.podTemplate,
      spec: { ...whole.podTemplate.spec, containers: [{ ...app, ports: [{ containerPort: 9080 }] }] },
    };
    for (const [type, inputs] of [
      [meshDeployment, { ...node, interception: redirected }],
      [meshDeployment, { ...node, interception: explicit, podTemplate: elsewhere }],
      [
        meshGatewayDeployment,
        {
          ...whole,
          podTemplate: { spec: { containers: [{ name: "logs", image: "logs:1" }] } },
          virtualGatewayName: "edge",
          servicePorts: [80],
          routes: { all: { virtualServiceName: "catalog", httpRoute: { match: { prefix: "/" } } } },
        },
      ],
    ] as const) {
      assert.deepEqual(told(type, inputs, "catalog"), [], type.name);
      const plain = new Set<string>(type.plain);
      for (const [path, later] of openings(inputs)) {
        // What decides how much is made is asked for by itself.
        if (plain.has(String(path[0]))) continue;
        assert.deepEqual(told(type, later as object, "catalog"), [], path.join("."));
      }
    }
  });

  it("find names that Kubernetes would refuse", () => {
    const long = "a".repeat(64);
    const noLabel = (name: string) =>
      `serviceName: nothing was given, and the name of the component, "${name}", is no label of DNS, as a Service needs: at ` +
      "most 63 lower-case letters, digits and hyphens, with a letter first. Give serviceName.";
    for (const name of ["Catalog", "catalog_v1", "1st", "catalog-", long])
      assert.deepEqual(deployment({}, name), [noLabel(name)]);
    assert.deepEqual(gateway({}, "Edge"), [noLabel("Edge")]);
    assert.deepEqual(deployment({ serviceName: "Catalog", namespace: "a.b" }), [
      'namespace: "a.b" was given; a string of 1 to 63 characters that is a label of DNS (lower-case letters, digits and hyphens, as shop) is allowed.',
      'serviceName: "Catalog" was given; a string of 1 to 63 characters that is a label of DNS (lower-case letters, digits and hyphens, with a letter first, as catalog-v1) is allowed.',
    ]);
  });

  it("find what the component says itself", () => {
    const said = (path: string, way = "Leave it out.") => `${path}: the component says it itself. ${way}`;
    assert.deepEqual(
      deployment({
        deployment: {
          metadata: { name: "a", namespace: "b" },
          spec: { selector: {}, template: {}, replicas: 2, paused: true },
          status: {},
        },
        service: { spec: { selector: {}, ports: [] } },
        serviceAccount: { metadata: { name: "a" }, spec: {} },
      }),
      [
        "deployment.status: it is not one of its parts; metadata, spec are allowed.",
        said("deployment.metadata.name", "Give serviceName."),
        said("deployment.metadata.namespace"),
        said("deployment.spec.selector"),
        said("deployment.spec.template"),
        said("deployment.spec.replicas", "Give the input replicas."),
        said("service.spec.selector"),
        said("service.spec.ports"),
        "serviceAccount.spec: it is not one of its parts; metadata, automountServiceAccountToken, imagePullSecrets, secrets are allowed.",
        said("serviceAccount.metadata.name", "Give serviceName."),
      ],
    );
    assert.deepEqual(
      deployment({
        deployment: {},
        statefulSet: {
          metadata: { name: "a" },
          spec: { serviceName: "b", template: {}, podManagementPolicy: "Parallel" },
        },
      }),
      [
        "statefulSet: it was given beside deployment; one of deployment, statefulSet, daemonSet is what the pods are run by. " +
          "Leave one of both out.",
        said("statefulSet.metadata.name", "Give serviceName."),
        said("statefulSet.spec.template"),
        said("statefulSet.spec.serviceName", "Give the input serviceName."),
      ],
    );
    assert.deepEqual(
      deployment({ replicas: 2, statefulSet: {}, daemonSet: { spec: { selector: {}, minReadySeconds: 5 } } }),
      [
        "daemonSet: it was given beside statefulSet; one of deployment, statefulSet, daemonSet is what the pods are run by. " +
          "Leave one of both out.",
        "replicas: it was given beside daemonSet, of which each machine has one pod. Leave one of both out.",
        said("daemonSet.spec.selector"),
      ],
    );
    assert.deepEqual(deployment({ service: { spec: { type: "LoadBalancer" } } }), [
      "service.spec.type: the Service is headless, since Envoys look for each pod. Leave it out; callers without Envoy get a " +
        "Service of their own, which selects podLabels.",
    ]);
    assert.deepEqual(gateway({ service: { spec: { type: "LoadBalancer" } } }), []);
  });

  it("find pods that would have two proxies, or no Service that finds them", () => {
    const injector = "appmesh.k8s.aws/sidecarInjectorWebhook";
    assert.deepEqual(deployment(template({ annotations: { [injector]: "enabled" } })), [
      `podTemplate.metadata.annotations["${injector}"]: "enabled" was given; a pod has one proxy, and is of one virtual node. Leave it out.`,
    ]);
    assert.deepEqual(deployment(template({ annotations: { [injector]: "disabled" } })), []);
    assert.deepEqual(deployment(template({ labels: { "app.kubernetes.io/name": "other" } })), [
      'podTemplate.metadata.labels["app.kubernetes.io/name"]: the component says it itself: it finds the pods by it. Leave it out.',
    ]);
    assert.deepEqual(deployment({ listeners: undefined, service: {} }), [
      "service: it was given without listeners; nobody calls what does not listen. Give listeners, or leave it out.",
    ]);
  });

  it("find what the pods of no Deployment can say, also where something else is not known yet", () => {
    const spec = {
      restartPolicy: "Never",
      serviceAccountName: "shop",
      volumes: [{ name: "a" }, { name: "a" }],
      containers: [{ ...app, image: UNKNOWN }],
    };
    assert.deepEqual(deployment({ podTemplate: { spec } }), [
      "podTemplate.spec.serviceAccountName: the component says it itself. Give the input serviceAccountName.",
      'podTemplate.spec.restartPolicy: "Never" was given; pods of a Deployment, StatefulSet or DaemonSet are started again, so that "Always" is ' +
        "allowed. Leave it out. Pods that end are a Job's, whose spec addMeshToPod makes.",
      'podTemplate.spec.volumes[1].name: "a" was given twice; each volume has a name of its own.',
    ]);
  });

  it("find pods that are none, at their places", () => {
    assert.deepEqual(deployment({ podTemplate: { containers: [app] } }), [
      "podTemplate.containers: it is not one of its parts; metadata, spec are allowed.",
      "podTemplate.spec: a pod's spec is required, in Kubernetes' words, as {containers: [{name, image}]}.",
    ]);
    assert.deepEqual(deployment({ podTemplate: "catalog" }), [
      "podTemplate: a template of pods is required, in Kubernetes' words, as {spec: {containers: [{name, image}]}}.",
    ]);
    assert.deepEqual(deployment({ podTemplate: { spec: { hostNetwork: true, containers: [app] } } }), [
      "podTemplate.spec.hostNetwork: true was given; a pod of the mesh has a network of its own, where Envoy takes the traffic " +
        "of this pod and no other's. Leave it out.",
    ]);
    assert.deepEqual(
      deployment({
        interception: { mode: "explicit", appPorts: { 80: 8080 } },
        listeners: [{ portMapping: { port: 80, protocol: "http" } }],
      }),
      [
        "listeners[0].portMapping.port: 80 was given; Envoy, which is not root, listens on 1024 and above. Let it have 8080: a " +
          "Service in front may have any.",
      ],
    );
  });

  it("name the listener whose port is wrong, also where that of another is not known yet", () => {
    const of = (port: unknown) => ({ portMapping: { port, protocol: "http" } });
    assert.deepEqual(gateway({ listeners: [of(UNKNOWN), of(80)] }), [
      "listeners[1].portMapping.port: 80 was given; Envoy, which is not root, listens on 1024 and above. Let it have 8080: a " +
        "Service in front may have any.",
    ]);
  });

  it("find what is wrong with the virtual node and the virtual gateway, at the places of the inputs", () => {
    assert.deepEqual(
      deployment({ backends: ["prices.shop.internal", ""], virtualNodeName: "shop/catalog" }).map(
        (each) => each.split(":")[0],
      ),
      ["virtualNodeName", "backends[1]"],
    );
    assert.deepEqual(
      gateway({ routes: { all: { virtualServiceName: "catalog", grpcRoute: {} } } }).map(
        (each) => each.split(":")[0],
      ),
      ["routes.all.grpcRoute"],
    );
    assert.deepEqual(
      gateway({
        servicePorts: [80, 80],
        listeners: [...listeners, { portMapping: { port: 8081, protocol: "http" } }],
      }),
      ["servicePorts[1]: 80 is the port of listeners[0] already; each has its own. Give another."],
    );
  });
});

/** Each part of a value, at its path, and the value where it is not known yet. */
function* openings(
  value: unknown,
  path: readonly (string | number)[] = [],
): Generator<readonly [readonly (string | number)[], unknown]> {
  if (path.length > 0) yield [path, UNKNOWN];
  if (typeof value !== "object" || value === null) return;
  for (const [step, part] of Object.entries(value)) {
    for (const [within, made] of openings(part, [...path, step])) {
      const copy = Array.isArray(value)
        ? value.map((item, at) => (String(at) === step ? made : item))
        : { ...value, [step]: made };
      yield [within, copy];
    }
  }
}
