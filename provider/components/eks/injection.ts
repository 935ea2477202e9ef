// What pods of prepared namespaces are told: AWS's controller asks each pod for it, and no namespace.

export interface Injection {
  readonly xdsEndpoint: string;
  /** Secrets of each namespace that proxies find as files, and in which folders. */
  readonly mounts: Readonly<Record<string, string>>;
  /** Further environment variables of every proxy. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The label by which the controller's webhook sees the pods of a namespace. */
export const INJECTION_LABEL = "appmesh.k8s.aws/sidecarInjectorWebhook";

const WEBHOOK_CHOICE = "appmesh.k8s.aws/sidecarInjectorWebhook";
const ENVIRONMENT = "appmesh.k8s.aws/sidecarEnv";
const SECRET_MOUNTS = "appmesh.k8s.aws/secretMounts";

/** Where AWS's sidecar image looks for the authorities that it trusts: the file cert.pem there. */
export const TRUST_FOLDER = "/etc/pki/tls";
export const TRUST_FILE = "cert.pem";

const ofPreparedNamespaces = {
  namespaceSelector: { matchLabels: { [INJECTION_LABEL]: "enabled" } },
  resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
};

/** Pods that get a proxy: those that do not say that they want none. */
const wantsProxy = {
  name: "wants-a-proxy",
  expression:
    `!has(object.metadata.annotations) || !(${cel(WEBHOOK_CHOICE)} in object.metadata.annotations) || ` +
    `object.metadata.annotations[${cel(WEBHOOK_CHOICE)}] != 'disabled'`,
};

/**
 * Adds to each new pod what the controller reads. It comes before the controller's webhook, since the API server calls
 * policies first. What a pod says itself stays, and has precedence.
 */
export function tellingPolicy(injection: Injection) {
  const told = [
    `APPMESH_XDS_ENDPOINT=${injection.xdsEndpoint}`,
    ...Object.entries(injection.environment).map(([name, value]) => `${name}=${value}`),
  ].join(", ");
  const mounts = Object.entries(injection.mounts).map(([secret, folder]) => `${secret}:${folder}`);
  const added = [
    { annotation: ENVIRONMENT, value: told },
    ...(mounts.length === 0 ? [] : [{ annotation: SECRET_MOUNTS, value: mounts.join(", ") }]),
  ];
  const had = (annotation: string) =>
    `has(object.metadata.annotations) && ${cel(annotation)} in object.metadata.annotations`;
  const entries = added.map(
    // The controller takes the last of two values for one variable.
    ({ annotation, value }) =>
      `${cel(annotation)}: (${had(annotation)}) ? ${cel(`${value}, `)} + object.metadata.annotations[${cel(annotation)}] : ${cel(value)}`,
  );
  return {
    matchConstraints: ofPreparedNamespaces,
    matchConditions: [wantsProxy],
    failurePolicy: "Fail",
    reinvocationPolicy: "Never",
    mutations: [
      {
        patchType: "ApplyConfiguration",
        applyConfiguration: {
          expression: `Object{metadata: Object.metadata{annotations: {${entries.join(", ")}}}}`,
        },
      },
    ],
  };
}

/** Refuses pods whose traffic no proxy could take: the network of the node is not theirs. */
export function hostNetworkPolicy() {
  return {
    matchConstraints: ofPreparedNamespaces,
    matchConditions: [wantsProxy],
    failurePolicy: "Fail",
    validations: [
      {
        expression: "!has(object.spec.hostNetwork) || !object.spec.hostNetwork",
        messageExpression:
          "'the pod ' + (has(object.metadata.name) ? object.metadata.name : object.metadata.generateName + '*') + ' uses the network of its " +
          `node (hostNetwork), where no proxy can take its traffic alone; give it a network of its own, or the annotation ${WEBHOOK_CHOICE}: disabled'`,
        reason: "Invalid",
      },
    ],
  };
}

/** A text as CEL has it. */
function cel(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;
}
