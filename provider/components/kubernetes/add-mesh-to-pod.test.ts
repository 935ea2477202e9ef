import assert from "node:assert/strict";
import { type StdioOptions, spawnSync } from "node:child_process";
import { bootstrap } from "@pulumi-appmesh/control-plane/bootstrap/bootstrap.js";
import { type Probe, probesBootstrap } from "@pulumi-appmesh/control-plane/bootstrap/probes.js";
import { addMeshToPod, MeshPodError } from "./add-mesh-to-pod.js";
import type { MeshPodOptions } from "./mesh-pod-options.js";
import { onlyIpv4 } from "./pod-address.js";
import type { PodSpec } from "./pod-spec.js";

const app = { name: "app", image: "shop/catalog:1.4.2", ports: [{ containerPort: 8080 }] };
const options: MeshPodOptions = {
  meshName: "shop",
  virtualNode: "shop/catalog",
  controlPlane: { host: "xds.shop.internal", trustFrom: { name: "authorities", key: "ca.pem" } },
  interception: { image: "shop/iptables:1" },
};
const explicit = { mode: "explicit", appPorts: { 8080: 9080 } } as const;

const admin = (method: string, path: string) =>
  "exec 3<>/dev/tcp/127.0.0.1/9901 && " +
  `printf '${method} ${path} HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n' >&3`;
const ready = {
  exec: {
    command: ["bash", "-c", `${admin("GET", "/ready")} && read -r _ status _ <&3 && [ "$status" = 200 ]`],
  },
  timeoutSeconds: 5,
};

describe("a pod of the mesh", () => {
  it("has Envoy as a sidecar behind a redirection, with files that it watches", () => {
    const migrate = { name: "migrate", image: "shop/migrate:1" };
    const given: PodSpec = { serviceAccountName: "catalog", initContainers: [migrate], containers: [app] };
    const before = structuredClone(given);
    const { initContainers = [], ...made } = addMeshToPod(given, options);
    assert.deepEqual(given, before);
    assert.deepEqual(made, {
      serviceAccountName: "catalog",
      containers: [{ ...app, lifecycle: { preStop: { sleep: { seconds: 20 } } } }],
      volumes: [
        {
          name: "appmesh-identity",
          projected: {
            defaultMode: 0o444,
            sources: [
              { secret: { name: "authorities", items: [{ key: "ca.pem", path: "trust.pem" }] } },
              { serviceAccountToken: { audience: "appmesh", expirationSeconds: 3600, path: "token" } },
            ],
          },
        },
        { name: "appmesh-watched", emptyDir: { medium: "Memory" } },
      ],
      terminationGracePeriodSeconds: 50,
    });
    assert.deepEqual(
      initContainers.map(({ name, restartPolicy = "" }) => `${name} ${restartPolicy}`.trim()),
      ["envoy-redirect", "envoy Always", "migrate"],
    );
    const [redirect, envoy] = initContainers;
    const { command: [shell, flag, script = ""] = [], ...redirection } = redirect ?? assert.fail();
    assert.deepEqual([shell, flag], ["sh", "-c"]);
    assert.match(script, /--uid-owner 1337/);
    assert.match(script, /8080/);
    assert.deepEqual(redirection, {
      name: "envoy-redirect",
      image: "shop/iptables:1",
      resources: { requests: { cpu: "10m", memory: "16Mi" } },
      securityContext: {
        runAsUser: 0,
        runAsNonRoot: false,
        capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] },
        seccompProfile: { type: "RuntimeDefault" },
      },
    });
    const { args = [], command = [], ...sidecar } = envoy ?? assert.fail();
    const secret = (name: string, content: object) =>
      JSON.stringify({
        resources: [
          {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
            name,
            ...content,
          },
        ],
      });
    const trust = { validationContext: { trustedCa: { filename: "/appmesh/identity/trust.pem" } } };
    const token = { genericSecret: { secret: { filename: "/appmesh/identity/token" } } };
    assert.deepEqual(command, [
      "bash",
      "-ec",
      [
        onlyIpv4,
        `printf %s '${secret("appmesh_xds_trust", trust)}' > /appmesh/watched/trust.json`,
        `printf %s '${secret("appmesh_xds_token", token)}' > /appmesh/watched/token.json`,
        'exec envoy "$@"',
      ].join("\n"),
      "envoy",
    ]);
    assert.deepEqual(args, [
      "--config-yaml",
      JSON.stringify(
        bootstrap({
          mesh: "shop",
          kind: "virtualNode",
          name: "catalog",
          xds: {
            host: "xds.shop.internal",
            port: 18000,
            tls: {
              trust: { file: "/appmesh/identity/trust.pem" },
              token: { file: "/appmesh/identity/token" },
              secretsFolder: "/appmesh/watched",
            },
          },
          interception: { mode: "transparent" },
          adminPort: 9901,
        }),
      ),
      ...["--log-level", "warning", "--concurrency", "2", "--disable-hot-restart"],
      ...["--drain-strategy", "immediate", "--drain-time-s", "20"],
    ]);
    const leaving = ["/healthcheck/fail", "/drain_listeners?graceful&skip_exit&inboundonly"]
      .map((path) => `{ ${admin("POST", path)}; cat <&3 >/dev/null; }`)
      .join("\n");
    assert.deepEqual(sidecar, {
      name: "envoy",
      image: "envoyproxy/envoy:v1.40.0",
      restartPolicy: "Always",
      env: [{ name: "APPMESH_POD_ADDRESS", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }],
      resources: { requests: { cpu: "100m", memory: "128Mi" } },
      securityContext: {
        runAsUser: 1337,
        runAsNonRoot: true,
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        seccompProfile: { type: "RuntimeDefault" },
      },
      volumeMounts: [
        { name: "appmesh-identity", mountPath: "/appmesh/identity", readOnly: true },
        { name: "appmesh-watched", mountPath: "/appmesh/watched" },
      ],
      terminationMessagePolicy: "FallbackToLogsOnError",
      startupProbe: { ...ready, periodSeconds: 1, failureThreshold: 600 },
      readinessProbe: { ...ready, periodSeconds: 5 },
      lifecycle: { preStop: { exec: { command: ["bash", "-c", leaving] } } },
    });
  });

  it("goes without rights and redirection where the application is told of Envoy", () => {
    const { initContainers = [], containers } = addMeshToPod(
      {
        containers: [{ ...app, ports: [{ containerPort: 9080 }], env: [{ name: "NO_PROXY", value: "db" }] }],
      },
      { ...options, interception: explicit },
    );
    assert.deepEqual(
      initContainers.map(({ name }) => name),
      ["envoy"],
    );
    const env = Object.fromEntries((containers[0]?.env ?? []).map(({ name, value }) => [name, value]));
    assert.deepEqual(
      [env.http_proxy, env.PORT, env.APPMESH_ADMIN, env.APPMESH_MESH, env.APPMESH_VIRTUAL_NODE],
      ["http://127.0.0.1:15001", "9080", "http://127.0.0.1:9901", "shop", "catalog"],
    );
    assert.match(env.NO_PROXY ?? "", /db,169\.254\.169\.254,169\.254\.170\.23/);
  });

  it("keeps the hooks and the grace period that a pod has, and needs no files without TLS", () => {
    const hooked = { ...app, lifecycle: { preStop: { exec: { command: ["leave"] } } } };
    const made = addMeshToPod(
      { containers: [hooked], terminationGracePeriodSeconds: 60 },
      { ...options, controlPlane: { host: "xds", plaintext: true }, drainSeconds: 5 },
    );
    assert.deepEqual(made.containers, [hooked]);
    assert.deepEqual([made.terminationGracePeriodSeconds, made.volumes], [65, undefined]);
    assert.deepEqual(made.initContainers?.[1]?.command, [
      "bash",
      "-ec",
      `${onlyIpv4}\nexec envoy "$@"`,
      "envoy",
    ]);
  });

  it("does not start where others would call it by IPv6, past its Envoy, and says so", () => {
    const { virtualNode: _node, interception: _way, ...gateway } = options;
    const pods = [
      addMeshToPod({ containers: [app] }, options),
      addMeshToPod({ containers: [{ ...app, ports: [] }] }, { ...options, interception: explicit }),
      addMeshToPod({ containers: [] }, { ...gateway, virtualGateway: "web", listenerPorts: [8080] }),
    ];
    for (const { initContainers = [], containers } of pods) {
      const envoy = [...initContainers, ...containers].find(({ name }) => name === "envoy");
      const script = envoy?.command?.[2]?.replaceAll("$$(", "$(").replace(/^(printf|exec) .*$/gm, "echo $1");
      const start = (address: string) => {
        const env = { PATH: process.env.PATH, APPMESH_POD_ADDRESS: address };
        // A socket there makes it read the start-up files of whoever runs the tests.
        const stdio: StdioOptions = ["ignore", "pipe", "pipe"];
        const { status, stdout, stderr } = spawnSync("bash", ["-ec", script ?? ""], {
          env,
          encoding: "utf8",
          stdio,
        });
        return { status, started: stdout.endsWith("exec\n"), stderr };
      };
      assert.deepEqual(start("10.0.12.34"), { status: 0, started: true, stderr: "" });
      assert.deepEqual(start("2001:db8::7"), {
        status: 1,
        started: false,
        stderr:
          "the pod's address is 2001:db8::7, of IPv6: Envoy takes traffic of IPv4 alone, and the pod would be outside the mesh. " +
          "Run it where pods get addresses of IPv4\n",
      });
    }
  });

  it("has a collector before Envoy, whose configuration Kubernetes leaves as it is", () => {
    const made = addMeshToPod(
      { containers: [app] },
      { ...options, tracing: { config: "a: $(HOME)" }, envoy: { name: "proxy" } },
    );
    const [redirect, collector, envoy] = made.initContainers ?? [];
    assert.deepEqual([redirect?.name, envoy?.name], ["proxy-redirect", "proxy"]);
    assert.deepEqual(collector, {
      name: "otel-collector",
      image: "public.ecr.aws/aws-observability/aws-otel-collector:v0.49.0",
      restartPolicy: "Always",
      args: ["--config=env:AOT_CONFIG_CONTENT"],
      env: [{ name: "AOT_CONFIG_CONTENT", value: "a: $$(HOME)" }],
      resources: { requests: { cpu: "32m", memory: "128Mi" } },
      securityContext: {
        runAsUser: 1337,
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        seccompProfile: { type: "RuntimeDefault" },
      },
    });
  });

  /** What its Envoy is told at the start. */
  const bootstrapOf = ({ initContainers = [], containers }: PodSpec) => {
    const envoy = [...initContainers, ...containers].find(({ name }) => name === "envoy");
    return JSON.parse(envoy?.args?.[1] ?? "null");
  };

  it("lets the kubelet ask by Envoy where it would come through the mesh, and nowhere else", () => {
    const asked = {
      ...app,
      ports: [{ name: "http", containerPort: 8080 }, { containerPort: 9000 }, { containerPort: 9100 }],
      startupProbe: { httpGet: { port: "http" }, failureThreshold: 30 },
      readinessProbe: {
        httpGet: { path: "/well?deep=1", port: 8080, httpHeaders: [{ name: "Host", value: "shop" }] },
        periodSeconds: 5,
      },
      livenessProbe: { tcpSocket: { port: 9000 } },
      lifecycle: { postStart: { httpGet: { path: "warm", port: 8080, scheme: "HTTPS" } } },
    };
    const metrics = { name: "metrics", image: "a:1", livenessProbe: { httpGet: { port: 9100 } } };
    const elsewhere = {
      name: "elsewhere",
      image: "a:1",
      livenessProbe: { httpGet: { port: 8080, host: "10.0.0.1" } },
      readinessProbe: { grpc: { port: 9000, service: "shop" } },
      startupProbe: { exec: { command: ["true"] } },
    };
    const more = { ...options, listenerPorts: [8080, 9000], drainSeconds: 0 };
    const made = addMeshToPod({ containers: [asked, metrics, elsewhere] }, more);
    const by = (path: string) => ({ path, port: 15020 });
    assert.deepEqual(made.containers, [
      {
        ...asked,
        startupProbe: { httpGet: by("/app/startupProbe"), failureThreshold: 30 },
        readinessProbe: {
          httpGet: {
            ...by("/app/readinessProbe?deep=1"),
            httpHeaders: [{ name: "Host", value: "shop" }],
          },
          periodSeconds: 5,
        },
        livenessProbe: { httpGet: by("/app/livenessProbe") },
        lifecycle: { postStart: { httpGet: by("/app/lifecycle/postStart") } },
      },
      metrics,
      { ...elsewhere, readinessProbe: { httpGet: by("/elsewhere/readinessProbe") } },
    ]);
    const probes: Probe[] = [
      { kind: "http", path: "/app/readinessProbe", port: 8080, target: "/well" },
      { kind: "tcp", path: "/app/livenessProbe", port: 9000 },
      { kind: "http", path: "/app/startupProbe", port: 8080, target: "/" },
      { kind: "http", path: "/app/lifecycle/postStart", port: 8080, target: "/warm", tls: true },
      { kind: "grpc", path: "/elsewhere/readinessProbe", port: 9000, service: "shop" },
    ];
    const { listeners } = bootstrapOf(made).staticResources;
    assert.deepEqual(listeners, [probesBootstrap({ port: 15020, probes }).listener]);
  });

  it("has the application asked where it listens instead, in explicit interception", () => {
    const probed = {
      ...app,
      ports: [{ containerPort: 9080 }],
      readinessProbe: { httpGet: { port: 8080 } },
      livenessProbe: { httpGet: { port: 9080 } },
      startupProbe: { httpGet: { port: 8081 } },
    };
    const made = addMeshToPod(
      { containers: [probed] },
      { ...options, interception: explicit, envoy: { probePort: 7007 } },
    );
    const { readinessProbe, livenessProbe, startupProbe } = made.containers[0] ?? assert.fail();
    assert.deepEqual(
      [readinessProbe, livenessProbe, startupProbe],
      [
        { httpGet: { path: "/app/readinessProbe", port: 7007 } },
        { httpGet: { path: "/app/livenessProbe", port: 7007 } },
        { httpGet: { port: 8081 } },
      ],
    );
    const { clusters } = bootstrapOf(made).staticResources;
    assert.deepEqual(
      clusters
        .map(({ name }: { name: string }) => name)
        .filter((name: string) => name.startsWith("appmesh_probe")),
      ["appmesh_probe_http_9080"],
    );
  });

  const { virtualNode: _node, interception: _interception, ...gatewayOptions } = options;
  const gateway: MeshPodOptions = { ...gatewayOptions, virtualGateway: "shop/edge", listenerPorts: [8088] };

  it("is of Envoy alone for a virtual gateway, which waits until its clients have gone", () => {
    const made = addMeshToPod(
      { containers: [], nodeSelector: { zone: "a" } },
      { ...gateway, drainSeconds: 7, tracing: {} },
    );
    assert.deepEqual(
      [made.nodeSelector, made.terminationGracePeriodSeconds, made.initContainers?.map(({ name }) => name)],
      [{ zone: "a" }, 37, ["otel-collector"]],
    );
    assert.equal(made.containers.length, 1);
    const { restartPolicy, ports, lifecycle, readinessProbe } = made.containers[0] ?? assert.fail();
    const leaving = ["/healthcheck/fail", "/drain_listeners?graceful&skip_exit&inboundonly"]
      .map((path) => `{ ${admin("POST", path)}; cat <&3 >/dev/null; }`)
      .join("\n");
    assert.deepEqual(
      { restartPolicy, ports, lifecycle, readinessProbe },
      {
        restartPolicy: undefined,
        ports: [{ containerPort: 8088 }],
        lifecycle: { preStop: { exec: { command: ["bash", "-c", `${leaving}\nsleep 7`] } } },
        readinessProbe: { ...ready, periodSeconds: 5 },
      },
    );
    const { node, staticResources } = bootstrapOf(made);
    assert.deepEqual([node.id, staticResources.listeners], ["mesh/shop/virtualGateway/edge", undefined]);
    const logs = { name: "logs", image: "logs:1" };
    assert.deepEqual(addMeshToPod({ containers: [logs] }, gateway).containers[1], logs);
  });

  const refusals = (spec: unknown, more: Partial<MeshPodOptions> = {}): string[] => {
    try {
      addMeshToPod(spec as PodSpec, { ...options, ...more });
    } catch (error) {
      assert.ok(error instanceof MeshPodError);
      return error.violations.map(({ path, message }) => `${path.join(".")}: ${message}`);
    }
    return [];
  };

  it("is refused where no pod of a mesh could run", () => {
    assert.deepEqual(refusals(addMeshToPod({ containers: [app] }, options)), [
      'podSpec.initContainers.0.name: "envoy-redirect" was given; the mesh puts a container of that name into the pod. Give it another name, or Envoy, by envoy.name.',
      "podSpec.initContainers.1: it is a proxy already, of mesh/shop/virtualNode/catalog; a pod is of one virtual node. Leave the container out, or make a pod for each.",
      'podSpec.volumes.0.name: "appmesh-identity" was given; the mesh puts a volume of that name into the pod. Give it another name.',
      'podSpec.volumes.1.name: "appmesh-watched" was given; the mesh puts a volume of that name into the pod. Give it another name.',
    ]);
    assert.deepEqual(refusals({ hostNetwork: true, containers: [{ name: "envoy", image: "shop/app" }] }), [
      "podSpec.hostNetwork: true was given; a pod of the mesh has a network of its own, where Envoy takes the traffic of this pod and no other's. Leave it out.",
      'podSpec.containers.0.name: "envoy" was given; the mesh puts a container of that name into the pod. Give it another name, or Envoy, by envoy.name.',
      'podSpec.containers.0.image: "shop/app" was given; an image with a tag or a digest is allowed, as shop/app:1.0 or shop/app@sha256:…, so that all pods run the same.',
    ]);
    const ports = [{ containerPort: 8080 }, { containerPort: 9901 }];
    const user = { runAsUser: 1337 };
    assert.deepEqual(
      refusals({ containers: [app, { ...app, ports, securityContext: user }] }, { listenerPorts: [8080] }),
      [
        'podSpec.containers.1.name: "app" was given twice; each container has a name of its own.',
        "podSpec.containers.1.securityContext.runAsUser: 1337 was given; it is Envoy's own user, whose traffic passes Envoy by. Give the application another one.",
        "podSpec.containers.1.ports.1.containerPort: 9901 was given; it is taken in the pod by Envoy's admin interface. Let the container listen on another port, or give envoy.adminPort another.",
      ],
    );
    const aws = {
      ...app,
      name: "mesh",
      env: [{ name: "APPMESH_RESOURCE_ARN", value: "mesh/a/virtualNode/b" }],
    };
    assert.deepEqual(refusals({ containers: [app, aws] }), [
      "podSpec.containers.1: it is a proxy already, of mesh/a/virtualNode/b; a pod is of one virtual node. Leave the container out, or make a pod for each.",
    ]);
  });

  it("is refused where its options do not go together", () => {
    assert.deepEqual(refusals({ containers: [app] }, { interception: {}, virtualNode: "other/catalog" }), [
      'virtualNode: it is of the mesh "other", and meshName is "shop". Give both of one mesh.',
      "interception.image: nothing was given; it is required for initContainer: an image with sh and iptables, such as debian:13-slim after apt-get install iptables. Give it, or, where no container may have NET_ADMIN, let the mode be explicit, which needs none.",
    ]);
    const key = { name: "identity", key: "a" };
    assert.deepEqual(
      refusals({ containers: [app] }, { controlPlane: { host: "x", plaintext: true, tokenFrom: key } }),
      [
        "controlPlane.tokenFrom: it was given beside plaintext; a connection that is not encrypted proves nothing. Leave one of both out.",
      ],
    );
    assert.deepEqual(refusals({ containers: [app] }, { controlPlane: { host: "x", certificateFrom: key } }), [
      "controlPlane.privateKeyFrom: nothing was given; certificateFrom needs it.",
    ]);
    assert.deepEqual(refusals({ containers: [app] }, { interception: explicit }), [
      "podSpec.containers.0.ports.0.containerPort: 8080 was given; it is taken in the pod by Envoy, as a listener of the virtual node. Let the container listen on another port.",
    ]);
    assert.deepEqual(
      refusals(
        { containers: [{ name: "app", image: "a:1" }] },
        { interception: explicit, listenerPorts: [8080, 8081] },
      ),
      [
        "interception.appPorts: it has no port for the listener 8081; explicit needs one for each, on which the application listens instead.",
      ],
    );
    const two = {
      ...app,
      ports: [{ containerPort: 1 }, { containerPort: 2 }, { containerPort: 3, protocol: "UDP" }],
    };
    assert.deepEqual(refusals({ containers: [two] }), [
      "listenerPorts: nothing was given, and the containers have the ports 1, 2; the ports of the virtual node's listeners are required.",
    ]);
  });

  it("is refused where an Envoy of a virtual gateway could not listen, or is told of an application", () => {
    const refusedGateway = (more: Partial<MeshPodOptions>, containers: object[] = []) => {
      const { virtualNode: _, interception: __, ...rest } = { ...options, ...gateway, ...more };
      try {
        addMeshToPod({ containers } as PodSpec, { ...rest, ...more } as MeshPodOptions);
      } catch (error) {
        return (error as MeshPodError).violations.map(({ path, message }) => `${path.join(".")}: ${message}`);
      }
      return [];
    };
    assert.deepEqual(
      refusedGateway({ listenerPorts: [80, 9901, 8088] }, [{ ...app, ports: [{ containerPort: 8088 }] }]),
      [
        "listenerPorts.0: 80 was given; Envoy, which is not root, listens on 1024 and above. Let it have 8080: a Service in front may have any.",
        "listenerPorts.1: 9901 was given; it is taken in the pod by Envoy's admin interface. Give it another.",
        "podSpec.containers.0.ports.0.containerPort: 8088 was given; it is taken in the pod by Envoy, as a listener of the virtual gateway. Let the container listen on another port.",
      ],
    );
    assert.deepEqual(refusedGateway({ interception: { image: "shop/iptables:1" } }), [
      "interception: it was given beside virtualGateway, which has no application whose traffic is taken. Leave it out.",
    ]);
    assert.deepEqual(refusedGateway({ virtualGateway: "other/edge/x" }), [
      'virtualGateway: "other/edge/x" was given; the name of a virtual gateway, its id MESH/NAME or its ARN is allowed.',
    ]);
    assert.deepEqual(refusals({ containers: [{ ...app, ports: [{ containerPort: 15020 }] }] }), [
      "podSpec.containers.0.ports.0.containerPort: 15020 was given; it is taken in the pod by Envoy, for probes. Let the container listen on another port.",
    ]);
  });

  it("is refused where a port of Envoy is another one of the pod, or none that it can have", () => {
    const chosen = (
      envoy: object,
      more: Partial<MeshPodOptions> = {},
      spec: object = { containers: [app] },
    ) => refusals(spec, { envoy, ...more });
    assert.deepEqual(chosen({ adminPort: 15020 }), [
      "envoy.adminPort: 15020 was given; it is taken in the pod by Envoy, for probes. Give it another.",
    ]);
    assert.deepEqual(chosen({ adminPort: 15000, probePort: 15001 }), [
      "envoy.adminPort: 15000 was given; it is taken in the pod by Envoy. Give it another.",
      "envoy.probePort: 15001 was given; it is taken in the pod by Envoy. Give it another.",
    ]);
    assert.deepEqual(chosen({ adminPort: 901, probePort: 4317 }, { tracing: {} }), [
      "envoy.adminPort: 901 was given; Envoy, which is not root, listens on 1024 and above. Let it have another.",
      "envoy.probePort: 4317 was given; it is taken in the pod by the collector. Give it another.",
    ]);
    assert.deepEqual(chosen({ adminPort: 7000, probePort: 7000 }), [
      "envoy.probePort: 7000 was given; it is taken in the pod by Envoy's admin interface. Give it another.",
    ]);
    const silent = { containers: [{ name: "app", image: "a:1" }] };
    assert.deepEqual(chosen({}, { listenerPorts: [80, 9901, 15001] }, silent), [
      "listenerPorts.1: 9901 was given; it is taken in the pod by Envoy's admin interface. Give it another.",
      "listenerPorts.2: 15001 was given; it is taken in the pod by Envoy. Give it another.",
    ]);
  });

  it("is refused where Kubernetes' words are missing, and nothing crashes", () => {
    assert.deepEqual(refusals(null), [
      "podSpec: a pod's spec is required, in Kubernetes' words, as {containers: [{name, image}]}.",
    ]);
    assert.deepEqual(refusals({ containers: [app], terminationGracePeriodSeconds: "30" }), [
      "podSpec.terminationGracePeriodSeconds: seconds are required, 0 or more.",
    ]);
    assert.deepEqual(refusals({ containers: [] }), [
      "podSpec.containers: a list with at least one container is required.",
    ]);
    assert.deepEqual(refusals({ containers: [{ name: "a" }, null], volumes: "none" }), [
      "podSpec.containers.0.image: a text that is not empty is required.",
      "podSpec.containers.1.name: a text that is not empty is required.",
      "podSpec.containers.1.image: a text that is not empty is required.",
      "podSpec.volumes: a list is required.",
    ]);
    assert.deepEqual(refusals({ containers: [{ ...app, ports: "8080" }] }), [
      "podSpec.containers.0.ports: a list of objects is required.",
    ]);
  });
});
