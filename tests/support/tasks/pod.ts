// A Kubernetes pod, as its API has it, as a container group: what the kubelet makes of it.
import {
  type Action,
  type ContainerGroup,
  type ContainerSpec,
  type Mount,
  onlyKnown,
  type Probe,
  Unsupported,
} from "./container-group.js";
import { environmentOf, expand, nameOf } from "./pod-environment.js";
import type { Handler, Pod, PodContainer, PodProbe, PodSurroundings, SecurityContext } from "./pod-spec.js";
import { volumeOf } from "./pod-volumes.js";

/** What concerns the scheduler, the machine and the cluster, and nobody here. */
const elsewhere = {
  pod: [
    ...["nodeSelector", "affinity", "tolerations", "topologySpreadConstraints", "priorityClassName"],
    ...["imagePullSecrets", "automountServiceAccountToken", "enableServiceLinks", "schedulerName"],
    ...["dnsPolicy", "serviceAccount"],
  ],
  container: ["resources", "imagePullPolicy", "terminationMessagePath", "terminationMessagePolicy"],
};
const knownOfPod = [
  ...["containers", "initContainers", "volumes", "restartPolicy", "terminationGracePeriodSeconds"],
  ...["hostAliases", "securityContext", "serviceAccountName"],
];
const knownOfContainer = [
  ...["name", "image", "command", "args", "workingDir", "env", "envFrom", "ports", "volumeMounts"],
  ...["readinessProbe", "livenessProbe", "startupProbe", "lifecycle", "securityContext", "restartPolicy"],
];
const knownOfSecurity = [
  ...["runAsUser", "runAsGroup", "runAsNonRoot", "readOnlyRootFilesystem", "allowPrivilegeEscalation"],
  ...["capabilities", "seccompProfile", "fsGroup"],
];

const seconds = (value: number) => value * 1000;

export function podGroup(pod: Pod, surroundings: PodSurroundings = {}): ContainerGroup {
  const { spec } = pod;
  onlyKnown("spec", spec, [...knownOfPod, ...elsewhere.pod]);
  const { restartPolicy = "Always" } = spec;
  onlyKnown("spec.securityContext", spec.securityContext ?? {}, knownOfSecurity);
  const made = (container: PodContainer, index: number, init: boolean) =>
    containerOf(container, `spec.${init ? "initContainers" : "containers"}[${index}]`, pod, surroundings);

  // Each init container waits for the one before to succeed, or, where it goes on as a sidecar, to have started.
  const waits: { readonly container: string; readonly condition: "SUCCESS" | "START" }[] = [];
  const init = (spec.initContainers ?? []).map((container, index): ContainerSpec => {
    const sidecar = container.restartPolicy === "Always";
    const dependsOn = [...waits];
    waits.push({ container: container.name, condition: sidecar ? "START" : "SUCCESS" });
    return {
      ...made(container, index, true),
      dependsOn,
      // Where the pod is to end, a sidecar does not keep it, and only its own containers end it.
      essential: sidecar && restartPolicy === "Always",
      restart: backOff(sidecar ? "Always" : restartPolicy === "Never" ? "Never" : "OnFailure"),
    };
  });
  const containers = spec.containers.map(
    (container, index): ContainerSpec => ({
      ...made(container, index, false),
      dependsOn: waits,
      essential: true,
      restart: backOff(restartPolicy),
    }),
  );
  return {
    name: nameOf(pod, surroundings),
    hosts: Object.fromEntries(
      (spec.hostAliases ?? []).flatMap(({ ip, hostnames = [] }) => hostnames.map((name) => [name, ip])),
    ),
    volumes: Object.fromEntries(
      (spec.volumes ?? []).map((volume) => [volume.name, volumeOf(volume, pod, surroundings)]),
    ),
    oneByOne: true,
    endsWith: "all",
    containers: [...init, ...containers],
  };
}

/** 10 s, 20 s, and so on to 5 minutes; after 10 minutes without trouble from the beginning. */
const backOff =
  (policy: string): NonNullable<ContainerSpec["restart"]> =>
  ({ exitCode, lasted, restarts }) => {
    if (policy === "Never" || (policy === "OnFailure" && exitCode === 0)) return undefined;
    if (lasted > seconds(600) || restarts === 0) return 0;
    return Math.min(seconds(300), seconds(10) * 2 ** (restarts - 1));
  };

function containerOf(
  container: PodContainer,
  path: string,
  pod: Pod,
  surroundings: PodSurroundings,
): Omit<ContainerSpec, "essential"> {
  onlyKnown(path, container, [...knownOfContainer, ...elsewhere.container]);
  onlyKnown(`${path}.securityContext`, container.securityContext ?? {}, knownOfSecurity);
  const { spec } = pod;
  const security: SecurityContext = { ...spec.securityContext, ...container.securityContext };
  const { runAsUser, runAsGroup } = security;
  if (security.runAsNonRoot && runAsUser === 0) {
    throw new Unsupported(`${path}: it must not run as root, and runAsUser is 0`);
  }
  const environment = environmentOf(container, path, pod, surroundings);
  const expanded = (texts: readonly string[]) => texts.map((text) => expand(text, environment));
  const probe = (kind: "readiness" | "liveness" | "startup") => {
    const given = container[`${kind}Probe`];
    return given && { [kind]: probeOf(given, container, `${path}.${kind}Probe`) };
  };
  const hook = (kind: "postStart" | "preStop") => {
    const handler = container.lifecycle?.[kind];
    return handler && { [kind]: actionOf(handler, container, `${path}.lifecycle.${kind}`) };
  };
  const { fsGroup } = spec.securityContext ?? {};
  return {
    name: container.name,
    image: container.image,
    ...(container.command && { entryPoint: expanded(container.command) }),
    ...(container.args && { command: expanded(container.args) }),
    ...(container.workingDir !== undefined && { workingDirectory: container.workingDir }),
    environment,
    ...(runAsUser !== undefined && { user: `${runAsUser}:${runAsGroup ?? 0}` }),
    ...(fsGroup !== undefined && { groups: [fsGroup] }),
    ...probe("readiness"),
    ...probe("liveness"),
    ...probe("startup"),
    ...hook("postStart"),
    ...hook("preStop"),
    stopTimeout: seconds(spec.terminationGracePeriodSeconds ?? 30),
    mounts: (container.volumeMounts ?? []).map(
      ({ name, mountPath, readOnly = false, subPath }): Mount => ({
        volume: name,
        path: mountPath,
        readOnly,
        ...(subPath !== undefined && { subPath }),
      }),
    ),
    ...(security.capabilities && { capabilities: security.capabilities }),
    readOnlyRoot: security.readOnlyRootFilesystem ?? false,
    noNewPrivileges: security.allowPrivilegeEscalation === false,
  };
}

function portOf(port: number | string, { name, ports = [] }: PodContainer, path: string): number {
  if (typeof port === "number") return port;
  const found = ports.find((candidate) => candidate.name === port);
  if (found === undefined) throw new Unsupported(`${path}: ${name} has no port ${port}`);
  return found.containerPort;
}

function actionOf(handler: Handler, container: PodContainer, path: string): Action {
  const { exec, httpGet, tcpSocket, sleep } = handler;
  if (exec) return { command: exec.command };
  if (tcpSocket) return { tcp: { port: portOf(tcpSocket.port, container, path) } };
  if (sleep) return { sleep: seconds(sleep.seconds) };
  if (httpGet === undefined)
    throw new Unsupported(`${path}: this harness knows exec, httpGet, tcpSocket and sleep`);
  onlyKnown(path, httpGet, ["port", "path", "httpHeaders", "scheme"]);
  if ((httpGet.scheme ?? "HTTP") !== "HTTP") throw new Unsupported(`${path}.scheme: given ${httpGet.scheme}`);
  return {
    http: {
      port: portOf(httpGet.port, container, path),
      path: httpGet.path ?? "/",
      headers: Object.fromEntries((httpGet.httpHeaders ?? []).map(({ name, value }) => [name, value])),
    },
  };
}

function probeOf(probe: PodProbe, container: PodContainer, path: string): Probe {
  const { initialDelaySeconds = 0, periodSeconds = 10, timeoutSeconds = 1, failureThreshold = 3 } = probe;
  if ((probe.successThreshold ?? 1) !== 1)
    throw new Unsupported(`${path}.successThreshold: this harness knows 1`);
  return {
    action: actionOf(probe, container, path),
    initialDelay: seconds(initialDelaySeconds),
    interval: seconds(periodSeconds),
    timeout: seconds(timeoutSeconds),
    failures: failureThreshold,
    startPeriod: 0,
  };
}
