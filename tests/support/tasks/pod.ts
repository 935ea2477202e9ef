// A Kubernetes pod, as its API has it, as a container group: what the kubelet makes of it.
import {
  type Action,
  type ContainerGroup,
  type ContainerSpec,
  groupAddress,
  type Mount,
  onlyKnown,
  type Probe,
  Unsupported,
  type Volume,
} from "./container-group.js";

export interface Pod {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [other: string]: unknown;
  };
  readonly spec: PodSpec;
}

export interface PodSpec {
  readonly containers: readonly PodContainer[];
  readonly initContainers?: readonly PodContainer[];
  readonly volumes?: readonly PodVolume[];
  readonly restartPolicy?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly hostAliases?: readonly { readonly ip: string; readonly hostnames?: readonly string[] }[];
  readonly securityContext?: SecurityContext & { readonly fsGroup?: number };
  readonly serviceAccountName?: string;
  readonly [other: string]: unknown;
}

interface SecurityContext {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly runAsNonRoot?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly seccompProfile?: object;
}

export interface PodContainer {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env?: readonly PodVariable[];
  readonly envFrom?: readonly {
    readonly prefix?: string;
    readonly secretRef?: Reference;
    readonly configMapRef?: Reference;
  }[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
    readonly subPath?: string;
  }[];
  readonly readinessProbe?: PodProbe;
  readonly livenessProbe?: PodProbe;
  readonly startupProbe?: PodProbe;
  readonly lifecycle?: { readonly postStart?: Handler; readonly preStop?: Handler };
  readonly securityContext?: SecurityContext;
  /** Of init containers: `Always` makes a sidecar. */
  readonly restartPolicy?: string;
  readonly [other: string]: unknown;
}

interface Reference {
  readonly name: string;
  readonly optional?: boolean;
}
type KeyReference = Reference & { readonly key: string };

interface PodVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: KeyReference;
    readonly configMapKeyRef?: KeyReference;
    readonly fieldRef?: { readonly fieldPath: string };
  };
}

interface Handler {
  readonly exec?: { readonly command: readonly string[] };
  readonly httpGet?: {
    readonly port: number | string;
    readonly path?: string;
    readonly host?: string;
    readonly scheme?: string;
    readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
  };
  readonly tcpSocket?: { readonly port: number | string };
  readonly sleep?: { readonly seconds: number };
}

interface PodProbe extends Handler {
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly failureThreshold?: number;
  readonly successThreshold?: number;
}

interface Items {
  readonly items?: readonly { readonly key: string; readonly path: string; readonly mode?: number }[];
  readonly optional?: boolean;
}
interface PodVolume {
  readonly name: string;
  readonly emptyDir?: object;
  readonly secret?: Items & { readonly secretName: string; readonly defaultMode?: number };
  readonly configMap?: Items & { readonly name: string; readonly defaultMode?: number };
  readonly projected?: {
    readonly defaultMode?: number;
    readonly sources: readonly {
      readonly secret?: Items & { readonly name: string };
      readonly configMap?: Items & { readonly name: string };
      readonly serviceAccountToken?: { readonly path: string; readonly audience?: string };
    }[];
  };
}

type Data = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What a pod finds in its cluster. */
export interface PodSurroundings {
  /** Of the pod among others. Default: its own name. */
  readonly name?: string;
  readonly secrets?: Data;
  readonly configMaps?: Data;
  /** The token that proves to an audience who the pod is. */
  readonly token?: (audience: string | undefined) => string;
}

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
  if ((spec.restartPolicy ?? "Always") !== "Always") {
    throw new Unsupported(`spec.restartPolicy: given ${spec.restartPolicy}, and this harness runs Always`);
  }
  onlyKnown("spec.securityContext", spec.securityContext ?? {}, knownOfSecurity);
  const made = (container: PodContainer, index: number, init: boolean) =>
    containerOf(container, `spec.${init ? "initContainers" : "containers"}[${index}]`, pod, surroundings);

  // Each init container waits for the one before to succeed, or, where it goes on as a sidecar, to have started.
  const waits: { readonly container: string; readonly condition: "SUCCESS" | "START" }[] = [];
  const init = (spec.initContainers ?? []).map((container, index): ContainerSpec => {
    const sidecar = container.restartPolicy === "Always";
    const dependsOn = [...waits];
    waits.push({ container: container.name, condition: sidecar ? "START" : "SUCCESS" });
    return { ...made(container, index, true), dependsOn, essential: sidecar, restart: backOff(sidecar) };
  });
  const containers = spec.containers.map(
    (container, index): ContainerSpec => ({
      ...made(container, index, false),
      dependsOn: waits,
      essential: true,
      restart: backOff(true),
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
    containers: [...init, ...containers],
  };
}

const nameOf = ({ metadata = {} }: Pod, { name }: PodSurroundings) => name ?? metadata.name ?? "pod";

/** 10 s, 20 s, and so on to 5 minutes; after 10 minutes without trouble from the beginning. */
const backOff =
  (always: boolean): NonNullable<ContainerSpec["restart"]> =>
  ({ exitCode, lasted, restarts }) => {
    if (!always && exitCode === 0) return undefined;
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

function environmentOf(
  { env = [], envFrom = [] }: PodContainer,
  path: string,
  pod: Pod,
  surroundings: PodSurroundings,
): Readonly<Record<string, string>> {
  const { secrets = {}, configMaps = {} } = surroundings;
  const environment: Record<string, string> = {};
  for (const { prefix = "", secretRef, configMapRef } of envFrom) {
    const data = secretRef
      ? whole("secret", secrets, secretRef)
      : configMapRef && whole("config map", configMaps, configMapRef);
    for (const [key, value] of Object.entries(data ?? {})) environment[prefix + key] = value;
  }
  for (const { name, value, valueFrom } of env) {
    if (valueFrom === undefined) {
      environment[name] = expand(value ?? "", environment);
      continue;
    }
    const { secretKeyRef, configMapKeyRef, fieldRef } = valueFrom;
    onlyKnown(`${path}.env.${name}.valueFrom`, valueFrom, ["secretKeyRef", "configMapKeyRef", "fieldRef"]);
    const found = secretKeyRef
      ? keyOf("secret", secrets, secretKeyRef)
      : configMapKeyRef
        ? keyOf("config map", configMaps, configMapKeyRef)
        : fieldOf(fieldRef?.fieldPath ?? "", pod, surroundings);
    if (found !== undefined) environment[name] = found;
  }
  return environment;
}

/** `$(NAME)` stands for a variable, `$$(NAME)` for itself; of what is not known it stays. */
const expand = (text: string, environment: Readonly<Record<string, string>>): string =>
  text.replace(/\$(\$|\(([^()]+)\))/g, (all, escaped: string, name: string) =>
    escaped === "$" ? "$" : (environment[name] ?? all),
  );

function whole(kind: string, all: Data, { name, optional }: Reference) {
  const found = all[name];
  if (found === undefined && !optional)
    throw new Unsupported(`CreateContainerConfigError: there is no ${kind} ${name}`);
  return found;
}

function keyOf(kind: string, all: Data, reference: KeyReference): string | undefined {
  const value = whole(kind, all, reference)?.[reference.key];
  if (value === undefined && !reference.optional) {
    throw new Unsupported(
      `CreateContainerConfigError: ${kind} ${reference.name} has no key ${reference.key}`,
    );
  }
  return value;
}

function fieldOf(path: string, pod: Pod, surroundings: PodSurroundings): string {
  const { metadata = {}, spec } = pod;
  const [, map, key = ""] = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path) ?? [];
  if (map === "labels" || map === "annotations") return metadata[map]?.[key] ?? "";
  const fields: Readonly<Record<string, string>> = {
    "metadata.name": nameOf(pod, surroundings),
    "metadata.namespace": metadata.namespace ?? "default",
    "metadata.uid": "00000000-0000-0000-0000-000000000000",
    "spec.serviceAccountName": spec.serviceAccountName ?? "default",
    "spec.nodeName": "this-machine",
    "status.podIP": groupAddress,
    "status.podIPs": groupAddress,
  };
  const value = fields[path];
  if (value === undefined)
    throw new Unsupported(`fieldPath: ${path} is none of ${Object.keys(fields).join(", ")}`);
  return value;
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

function volumeOf(volume: PodVolume, { spec }: Pod, surroundings: PodSurroundings): Volume {
  const { secrets = {}, configMaps = {}, token } = surroundings;
  const path = `spec.volumes.${volume.name}`;
  onlyKnown(path, volume, ["name", "emptyDir", "secret", "configMap", "projected"]);
  const { fsGroup } = spec.securityContext ?? {};
  const group = fsGroup === undefined ? {} : { group: fsGroup };
  const files = (data: Readonly<Record<string, string>>, mode: number, items: Items["items"]): Files => {
    const listed = items ?? Object.keys(data).map((key) => ({ key, path: key }));
    return Object.fromEntries(
      listed.map((item) => {
        const text = data[item.key];
        if (text === undefined) throw new Unsupported(`${path}: there is no key ${item.key}`);
        return [item.path, { text, mode: ("mode" in item ? item.mode : undefined) ?? mode }];
      }),
    );
  };
  if (volume.secret) {
    const { secretName, optional, items, defaultMode = 0o644 } = volume.secret;
    const data = whole("secret", secrets, { name: secretName, ...(optional && { optional }) }) ?? {};
    return { mode: 0o755, ...group, files: files(data, defaultMode, items) };
  }
  if (volume.configMap) {
    const { items, defaultMode = 0o644 } = volume.configMap;
    return {
      mode: 0o755,
      ...group,
      files: files(whole("config map", configMaps, volume.configMap) ?? {}, defaultMode, items),
    };
  }
  if (volume.projected) {
    const { sources, defaultMode = 0o644 } = volume.projected;
    const all = sources.map((source): Files => {
      onlyKnown(`${path}.projected.sources`, source, ["secret", "configMap", "serviceAccountToken"]);
      const { secret, configMap, serviceAccountToken } = source;
      if (secret) return files(whole("secret", secrets, secret) ?? {}, defaultMode, secret.items);
      if (configMap)
        return files(whole("config map", configMaps, configMap) ?? {}, defaultMode, configMap.items);
      if (token === undefined) throw new Unsupported(`${path}: this cluster gives no tokens`);
      const { path: at = "token", audience } = serviceAccountToken ?? {};
      // Of the kubelet: for root, or with fsGroup for that group.
      return { [at]: { text: token(audience), mode: fsGroup === undefined ? 0o600 : 0o640 } };
    });
    return { mode: 0o755, ...group, files: Object.assign({}, ...all) };
  }
  return { mode: 0o777, ...group };
}

type Files = NonNullable<Volume["files"]>;
