// A replica of the control plane as a pod.
import { type Authorities, ports, type ServeSettings, serveArguments } from "../aws/serve-arguments.js";

/** What the objects of a control plane are called, and begin with. */
export const CONTROL_PLANE = "appmesh-control-plane";

/** By which its pods are known. */
export const selector = { "app.kubernetes.io/name": CONTROL_PLANE } as const;

export const names = {
  accessKey: `${CONTROL_PLANE}-access-key`,
  authority: `${CONTROL_PLANE}-authority`,
  authorities: `${CONTROL_PLANE}-authorities`,
  metrics: `${CONTROL_PLANE}-metrics`,
  keys: `${CONTROL_PLANE}-keys`,
  data: `${CONTROL_PLANE}-data`,
} as const;

/** Keys of those. */
export const KEYS_FILE = "keys.json";
export const METRICS_TOKEN = "token";

/** The user `node` of the image. */
const USER = 1000;
const folders = {
  data: "/data",
  certificate: "/etc/appmesh/certificate",
  authority: "/etc/appmesh/authority",
  workloads: "/etc/appmesh/workloads",
  keys: "/etc/appmesh/keys",
} as const;
/** Volumes of authorities in Secrets, by what they sign. */
const ofAuthorities = { proxies: "authority", workloads: "workloads" } as const;

export type Purpose = keyof Authorities;

/** In AWS, or in a Secret. */
export type AuthorityPlace = { readonly arn: string } | { readonly secret: string };

export interface ControlPlanePod
  extends Pick<ServeSettings, "region" | "account" | "trustDomain" | "trustedNetworkPort" | "limits"> {
  readonly image: string;
  /** The table that replicas share, or the claim of the only one. */
  readonly store: { readonly table: string } | { readonly claim: string };
  /** The names by which clients call it; or the Secret of a certificate. */
  readonly certificate: { readonly names: readonly string[] } | { readonly secret: string };
  /** Where authorities' keys are that the store is not to have. */
  readonly authorities: Readonly<Partial<Record<Purpose, AuthorityPlace | undefined>>>;
  readonly tokens:
    | { readonly issuer: string; readonly hasKeys: boolean; readonly audience: string | undefined }
    | undefined;
  /** Secrets. */
  readonly accessKey: string;
  readonly credentials: string | undefined;
  readonly cpu: string | undefined;
  readonly memory: string | undefined;
  readonly environment: Readonly<Record<string, string>> | undefined;
  readonly serviceAccountName: string;
  readonly requireSpread: boolean | undefined;
  readonly nodeSelector: Readonly<Record<string, string>> | undefined;
  readonly tolerations: readonly unknown[] | undefined;
  readonly priorityClassName: string | undefined;
  readonly imagePullSecretNames: readonly string[] | undefined;
}

export function controlPlanePod(pod: ControlPlanePod) {
  const { store, certificate, tokens, requireSpread, nodeSelector, tolerations, priorityClassName } = pod;
  const secretOf = (purpose: Purpose) => {
    const place = pod.authorities[purpose];
    return place !== undefined && "secret" in place
      ? [{ name: ofAuthorities[purpose], secret: place.secret }]
      : [];
  };
  const authorities = [...secretOf("proxies"), ...secretOf("workloads")];
  const mounts = [
    ...("claim" in store ? [{ name: "data", mountPath: folders.data }] : []),
    ...("secret" in certificate
      ? [{ name: "certificate", mountPath: folders.certificate, readOnly: true }]
      : []),
    ...authorities.map(({ name }) => ({ name, mountPath: folders[name], readOnly: true })),
    ...(tokens?.hasKeys ? [{ name: "keys", mountPath: folders.keys, readOnly: true }] : []),
  ];
  const volumes = [
    ...("claim" in store ? [{ name: "data", persistentVolumeClaim: { claimName: store.claim } }] : []),
    ...("secret" in certificate ? [{ name: "certificate", secret: { secretName: certificate.secret } }] : []),
    ...authorities.map(({ name, secret }) => ({ name, secret: { secretName: secret } })),
    ...(tokens?.hasKeys ? [{ name: "keys", configMap: { name: names.keys } }] : []),
  ];
  return {
    serviceAccountName: pod.serviceAccountName,
    // It asks the API server for nothing.
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 30,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      fsGroup: USER,
      seccompProfile: { type: "RuntimeDefault" },
    },
    ...("table" in store && { topologySpreadConstraints: spread(requireSpread === true) }),
    ...(nodeSelector && { nodeSelector }),
    ...(tolerations && { tolerations }),
    ...(priorityClassName !== undefined && { priorityClassName }),
    ...(pod.imagePullSecretNames && {
      imagePullSecrets: pod.imagePullSecretNames.map((name) => ({ name })),
    }),
    volumes,
    containers: [{ ...container(pod), volumeMounts: mounts }],
  };
}

function container(pod: ControlPlanePod) {
  const { store, certificate, tokens, trustedNetworkPort, cpu = "500m", memory = "1Gi" } = pod;
  const health = (path: string) => ({ httpGet: { path, port: "health" }, timeoutSeconds: 5 });
  return {
    name: "control-plane",
    image: pod.image,
    args: serveArguments({
      ...pod,
      store: "table" in store ? store : { data: folders.data },
      certificate:
        "secret" in certificate
          ? { certFile: `${folders.certificate}/tls.crt`, keyFile: `${folders.certificate}/tls.key` }
          : certificate,
      authorities: { proxies: placeOf("proxies", pod), workloads: placeOf("workloads", pod) },
      // The kubelet asks from outside.
      health: "0.0.0.0",
      ...(tokens && {
        tokens: {
          issuer: tokens.issuer,
          audience: tokens.audience,
          keys: tokens.hasKeys ? `${folders.keys}/${KEYS_FILE}` : `${tokens.issuer.replace(/\/$/, "")}/keys`,
        },
      }),
    } as ServeSettings),
    env: [
      ...Object.entries(pod.environment ?? {}).map(([name, value]) => ({ name, value })),
      fromSecret("APPMESH_ACCESS_KEY_ID", pod.accessKey, "accessKeyId"),
      fromSecret("APPMESH_SECRET_ACCESS_KEY", pod.accessKey, "secretAccessKey"),
      fromSecret("APPMESH_METRICS_TOKEN", names.metrics, METRICS_TOKEN),
      ...(pod.credentials === undefined
        ? []
        : ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map((name) =>
            fromSecret(name, pod.credentials as string, name),
          )),
    ],
    ports: [
      { name: "api", containerPort: ports.api },
      { name: "xds", containerPort: ports.xds },
      ...(trustedNetworkPort === undefined
        ? []
        : [{ name: "xds-trusted", containerPort: trustedNetworkPort }]),
      ...("table" in store ? [{ name: "notices", containerPort: ports.notices, protocol: "UDP" }] : []),
      { name: "health", containerPort: ports.health },
    ],
    // Memory that is asked for is memory that is there; CPU that nobody else needs may be used.
    resources: { requests: { cpu, memory }, limits: { memory } },
    // It waits a minute for a table that is away, and reads all of it.
    startupProbe: { ...health("/healthz"), periodSeconds: 2, failureThreshold: 60 },
    // Whether the process answers, and not whether its table does: while that is away, a replica serves what it knows.
    livenessProbe: { ...health("/healthz"), periodSeconds: 10, failureThreshold: 3 },
    readinessProbe: { ...health("/readyz"), periodSeconds: 5, failureThreshold: 2 },
    // Whoever still takes it for one of the Service has heard otherwise by then.
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
  };
}

/** As `appmesh serve` has it. */
function placeOf(purpose: Purpose, { authorities }: ControlPlanePod): string | undefined {
  const place = authorities[purpose];
  if (place === undefined || "arn" in place) return place?.arn;
  const folder = folders[ofAuthorities[purpose]];
  return `files:${folder}/tls.crt,${folder}/tls.key`;
}

const fromSecret = (name: string, secret: string, key: string) => ({
  name,
  valueFrom: { secretKeyRef: { name: secret, key } },
});

/** The loss of a zone, or of a machine, is the loss of some replicas alone. */
const spread = (required: boolean) =>
  ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
    topologyKey,
    maxSkew: 1,
    whenUnsatisfiable:
      required && topologyKey === "kubernetes.io/hostname" ? "DoNotSchedule" : "ScheduleAnyway",
    labelSelector: { matchLabels: selector },
    matchLabelKeys: ["pod-template-hash"],
  }));
