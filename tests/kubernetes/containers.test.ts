// What the harness itself makes of pods: the other tests that run some stand on it.
import assert from "node:assert/strict";
import { skipWithout } from "../support/needs.js";
import { Cluster, containersMissing } from "../support/tasks/cluster.js";
import { meshImages, nodeImage } from "../support/tasks/images.js";
import { podGroup } from "../support/tasks/pod.js";
import type { PodContainer, PodSpec } from "../support/tasks/pod-spec.js";
import type { RunningGroup } from "../support/tasks/running-group.js";

describe("pods as processes", function () {
  this.timeout(180_000);
  let cluster: Cluster;
  let pods = 0;

  before(async function () {
    skipWithout(this, containersMissing());
    cluster = await Cluster.start(await meshImages({ shell: {}, "shop/app": nodeImage("app") }));
  });
  after(() => cluster?.close());

  const metadata = { name: "catalog-0", namespace: "shop", labels: { app: "catalog" } };
  const group = (spec: PodSpec) =>
    podGroup(
      { metadata, spec },
      {
        name: `p${pods++}`,
        secrets: { identity: { "tls.crt": "certificate", "tls.key": "key" } },
        configMaps: { settings: { GREETING: "hello" } },
        token: (audience) => `token for ${audience}`,
      },
    );
  const run = (spec: PodSpec): RunningGroup => cluster.run(group(spec), { pace: 0.02, slack: 10 });
  const shell = (name: string, script: string, more: Partial<PodContainer> = {}): PodContainer => ({
    name,
    image: "shell:1",
    command: ["/bin/sh", "-c", script],
    ...more,
  });
  const forever = "trap 'echo ending; exit 0' TERM; while :; do sleep 0.02; done";

  it("gives a container its variables, volumes, user and rights", async () => {
    const script = [
      "id -u; id -g; id -G; echo $GREETING $NAME $NAMESPACE $APP; echo at $ADDRESS; echo $KEY $PREFIX_GREETING; echo $WHERE",
      "cat /identity/tls.crt; echo; cat /projected/deep/token; echo; stat -c '%a %g' /identity/tls.crt /identity/tls.key",
      "ls /projected; getent hosts appmesh.us-east-1.amazonaws.com; touch /etc/mine 2>/dev/null || echo read-only",
      "echo written > /scratch/file; cat /scratch/file; grep NoNewPrivs /proc/self/status",
    ].join("; ");
    const pod = run({
      hostAliases: [{ ip: "192.0.2.7", hostnames: ["appmesh.us-east-1.amazonaws.com"] }],
      securityContext: { runAsUser: 1337, fsGroup: 2000 },
      volumes: [
        { name: "identity", secret: { secretName: "identity", defaultMode: 0o400 } },
        { name: "scratch", emptyDir: {} },
        {
          name: "projected",
          projected: {
            sources: [
              { secret: { name: "identity", items: [{ key: "tls.crt", path: "ca.pem" }] } },
              { serviceAccountToken: { path: "deep/token", audience: "appmesh" } },
            ],
          },
        },
      ],
      containers: [
        shell("one", `(${script}) > /scratch/all; ${forever}`, {
          env: [
            { name: "GREETING", value: "hi" },
            { name: "NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
            { name: "NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
            { name: "APP", valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
            { name: "ADDRESS", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
            { name: "KEY", valueFrom: { secretKeyRef: { name: "identity", key: "tls.key" } } },
            { name: "WHERE", value: "http://$(ADDRESS):80/$$(ADDRESS)" },
          ],
          envFrom: [{ prefix: "PREFIX_", configMapRef: { name: "settings" } }],
          volumeMounts: [
            { name: "identity", mountPath: "/identity", readOnly: true },
            { name: "scratch", mountPath: "/scratch" },
            { name: "projected", mountPath: "/projected" },
          ],
          securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
        }),
      ],
    });
    await pod.steady();
    const { output } = await pod
      .container("one")
      .run(["sh", "-c", "until grep -q NoNewPrivs /scratch/all; do sleep 0.02; done; cat /scratch/all"]);
    const name = `p${pods - 1}`;
    assert.deepEqual(output.trim().split("\n"), [
      ...["1337", "0", "0 2000", `hi ${name} shop catalog`, `at ${pod.address}`, "key hello"],
      ...[`http://${pod.address}:80/$(ADDRESS)`, "certificate", "token for appmesh", "440 2000", "440 2000"],
      ...["ca.pem", "deep", "192.0.2.7       appmesh.us-east-1.amazonaws.com", "read-only", "written"],
      "NoNewPrivs:\t1",
    ]);
    await pod.stop();
  });

  it("starts init containers one after the other, sidecars among them, and stops those last", async () => {
    const shared = { volumeMounts: [{ name: "log", mountPath: "/log" }] };
    const says = (text: string) => `echo ${text} >> /log/all`;
    const member = (name: string) =>
      `${says(`${name} starts`)}; ${forever.replace("echo ending", says(`${name} ends`))}`;
    const pod = run({
      volumes: [{ name: "log", emptyDir: {} }],
      initContainers: [
        shell("first", `${says("first")}; [ $(grep -c first /log/all) -ge 3 ]`, shared),
        shell("sidecar", member("sidecar"), {
          ...shared,
          restartPolicy: "Always",
          startupProbe: { exec: { command: ["sh", "-c", says("probed")] }, periodSeconds: 1 },
          lifecycle: { preStop: { exec: { command: ["sh", "-c", says("sidecar leaves")] } } },
        }),
        shell("second", says("second"), shared),
      ],
      containers: [
        shell("app", member("app"), {
          ...shared,
          lifecycle: {
            postStart: { exec: { command: ["sh", "-c", `sleep 0.2; ${says("hook")}`] } },
            // A sidecar is told that the pod leaves at once; else this has no end but that of the grace period.
            preStop: {
              exec: {
                command: ["sh", "-c", "until grep -q 'sidecar leaves' /log/all; do sleep 0.02; done"],
              },
            },
          },
        }),
        shell("other", says("other starts"), shared),
        shell("log", "sleep 1000", shared),
      ],
      terminationGracePeriodSeconds: 5,
    });
    await pod.until(({ other, log }) => (other?.restarts ?? 0) > 0 && log?.state === "RUNNING");
    const { output } = await pod.container("log").run(["cat", "/log/all"]);
    const lines = output.trim().split("\n");
    assert.deepEqual(lines.slice(0, 5), ["first", "first", "first", "sidecar starts", "probed"]);
    assert.deepEqual(lines.slice(5, 9), ["second", "app starts", "hook", "other starts"]);
    assert.deepEqual(pod.status.first, { state: "STOPPED", health: "UNKNOWN", exitCode: 0, restarts: 2 });
    const [app, sidecar, log] = ["app", "sidecar", "log"].map((name) => pod.container(name));
    await pod.stop();
    assert.deepEqual(
      [app, sidecar, log].map((container) => container?.outcome?.code),
      [0, 0, 137],
    );
    assert.ok((sidecar?.stopAskedAt ?? 0) >= Math.max(app?.outcome?.at ?? 0, log?.outcome?.at ?? 0));
  });

  it("asks probes from outside of the pod, and starts a container again that is not alive", async () => {
    const pod = run({
      containers: [
        {
          name: "app",
          image: "shop/app:1",
          ports: [{ name: "http", containerPort: 8080 }],
          env: [{ name: "NAME", value: "catalog" }],
          readinessProbe: { httpGet: { path: "/", port: "http" } },
          livenessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 5, failureThreshold: 2 },
        },
        shell("ill", `${forever.replace("while", "sleep 0.3; touch /tmp/ill; while")}`, {
          livenessProbe: { exec: { command: ["sh", "-c", "[ ! -e /tmp/ill ]"] }, periodSeconds: 2 },
          readinessProbe: { httpGet: { path: "/status/503", port: 8080 } },
        }),
      ],
    });
    await pod.until(({ app, ill }) => app?.health === "HEALTHY" && (ill?.restarts ?? 0) > 0);
    await pod.until(({ ill }) => ill?.health === "UNHEALTHY");
    assert.equal(pod.isSteady, false);
    assert.equal(pod.status.app?.restarts, 0);
    assert.match(pod.log("ill"), /^ending\n/);
    await pod.stop();
  });

  it("refuses what it cannot run as it is meant", () => {
    const refused = (spec: Partial<PodSpec>) => {
      try {
        group({ containers: [shell("one", "true")], ...spec });
        return "nothing";
      } catch (error) {
        return (error as Error).message.split(". It knows")[0];
      }
    };
    assert.deepEqual(
      [
        refused({ hostNetwork: true }),
        refused({ containers: [shell("one", "true", { readinessProbe: { grpc: { port: 1 } } as object })] }),
        refused({ containers: [shell("one", "true", { readinessProbe: { httpGet: { port: "http" } } })] }),
        refused({ containers: [shell("one", "true", { securityContext: { privileged: true } as object })] }),
        refused({
          containers: [
            shell("one", "true", {
              env: [{ name: "A", valueFrom: { secretKeyRef: { name: "identity", key: "none" } } }],
            }),
          ],
        }),
        refused({ volumes: [{ name: "a", hostPath: { path: "/" } } as { name: string }] }),
        refused({ volumes: [{ name: "a", secret: { secretName: "none" } }] }),
        refused({ securityContext: { runAsNonRoot: true, runAsUser: 0 } }),
      ],
      [
        "spec.hostNetwork: given true, which this harness cannot run",
        "spec.containers[0].readinessProbe: this harness knows exec, httpGet, tcpSocket and sleep",
        "spec.containers[0].readinessProbe: one has no port http",
        "spec.containers[0].securityContext.privileged: given true, which this harness cannot run",
        "CreateContainerConfigError: secret identity has no key none",
        'spec.volumes.a.hostPath: given {"path":"/"}, which this harness cannot run',
        "CreateContainerConfigError: there is no secret none",
        "spec.containers[0]: it must not run as root, and runAsUser is 0",
      ],
    );
  });
});
