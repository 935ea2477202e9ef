import { MutatingAdmissionPolicy } from "@pulumi/kubernetes/admissionregistration/v1/mutatingAdmissionPolicy.js";
import { MutatingAdmissionPolicyBinding } from "@pulumi/kubernetes/admissionregistration/v1/mutatingAdmissionPolicyBinding.js";
import { ValidatingAdmissionPolicy } from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicy.js";
import { ValidatingAdmissionPolicyBinding } from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicyBinding.js";
import { CustomResourceDefinition } from "@pulumi/kubernetes/apiextensions/v1/customResourceDefinition.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { NamespacePatch } from "@pulumi/kubernetes/core/v1/namespacePatch.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { Chart } from "@pulumi/kubernetes/helm/v4/chart.js";
import { ClusterRole } from "@pulumi/kubernetes/rbac/v1/clusterRole.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type CustomResourceOptions,
  type Input,
  type Inputs,
  Output,
  output,
  type Resource,
  secret,
} from "@pulumi/pulumi";
import { customResourceDefinitions } from "@pulumi-appmesh/model/kubernetes";
import { digest, trusted } from "./authorities.js";
import { merged, type Values } from "./chart-values.js";
import { CHART, type ControllerInputs } from "./controller-args.js";
import { AUTHORITIES, apiHost, type ControllerPods } from "./controller-deployment.js";
import { finalizersPolicy, ofAllMeshes } from "./finalizers.js";
import { controllerPolicy } from "./iam.js";
import {
  injectedTracing,
  OTLP_PORT,
  TRACING_FILE,
  TRACING_FOLDER,
  TRACING_SECRET,
  TRACING_VARIABLE,
} from "./injected-tracing.js";
import { hostNetworkPolicy, INJECTION_LABEL, TRUST_FILE, TRUST_FOLDER, tellingPolicy } from "./injection.js";
import { controllerTransform, RELEASE } from "./transform.js";
import { webhookCertificate } from "./webhook-certificate.js";
import { workloadIdentity } from "./workload-identity.js";

/** Inputs as they come: members of those that are plain may be outputs. */
type Given<T> = T extends undefined
  ? undefined
  : T extends object
    ? { readonly [K in keyof T]: Given<T[K]> }
    : Input<T>;
export type AppMeshControllerArgs = {
  readonly [K in keyof ControllerInputs]: Given<ControllerInputs[K]>;
} & { readonly region: Input<string>; readonly accountId: Input<string> };

const SERVICE_ACCOUNT = RELEASE;
/** The names that the namespaces' objects have in them. */
const XDS_AUTHORITIES = "appmesh-xds-authorities";

/** Objects that somebody else may have made before: they are taken over as they are, and not refused. */
const takenOver = { "pulumi.com/patchForce": "true" };

/** AWS's App Mesh controller, unmodified, pointed at this control plane. */
export class AppMeshController extends ComponentResource {
  readonly namespace: Output<string>;
  readonly serviceAccountName: Output<string>;
  readonly roleArn: Output<string> | undefined;
  readonly releaseName: Output<string>;

  constructor(name: string, args: AppMeshControllerArgs, opts?: ComponentResourceOptions) {
    super("appmesh:index:AppMeshController", name, closed(args) as unknown as Inputs, opts);
    const child: CustomResourceOptions = { parent: this };

    // Whoever owns the meshes' objects decides when they go: with a definition, all objects of its kind would.
    const definitions = customResourceDefinitions().map(
      ({ metadata, spec }) =>
        new CustomResourceDefinition(
          `${name}-${metadata.name.split(".")[0]}`,
          { metadata: { ...metadata, annotations: takenOver }, spec: spec as never },
          { ...child, retainOnDelete: true },
        ),
    );

    this.namespace = this.#namespace(name, args, child);
    const inNamespace = (suffix: string): { name: string; namespace: Output<string> } => ({
      name: `${RELEASE}-${suffix}`,
      namespace: this.namespace,
    });
    const identity = workloadIdentity(
      name,
      {
        ...args.identity,
        namespace: this.namespace,
        serviceAccount: SERVICE_ACCOUNT,
        policy: controllerPolicy,
      },
      child,
    );
    this.roleArn = identity.roleArn;

    const accessKey = args.accessKey && accessKeySecret(name, args.accessKey, inNamespace, child);
    const authorities = args.controlPlane?.caCertificate;
    const bundle =
      authorities === undefined
        ? undefined
        : output(authorities).apply((pem) => trusted(pem, { callsAws: args.identity !== undefined }));
    const configMap =
      bundle &&
      new ConfigMap(
        `${name}-authorities`,
        { metadata: inNamespace("authorities"), data: { [AUTHORITIES]: bundle } },
        child,
      );
    const certificate = certManager(args.values) ? undefined : webhookSecret(name, args, inNamespace, child);

    const pods: ControllerPods = {
      host: output(args.region).apply(apiHost),
      address: args.controlPlane?.address,
      authorities: configMap &&
        bundle && { configMap: configMap.metadata.name, digest: bundle.apply(digest) },
      accessKey: accessKey && { secret: accessKey.name, digest: accessKey.digest },
    };
    const transform = controllerTransform(pods, certificate?.data);
    const chart = new Chart(
      `${name}-chart`,
      {
        name: RELEASE,
        namespace: this.namespace,
        ...chartSource(args),
        skipCrds: true,
        values: chartValues(args) as never,
      },
      {
        parent: this,
        dependsOn: [
          ...definitions,
          ...identity.resources,
          ...[configMap, accessKey?.resource].filter((each) => each !== undefined),
        ],
        transforms: [transform.apply],
      },
    );
    // The chart is made, and each of its objects with it, when its URN is known.
    this.releaseName = chart.urn.apply(() => {
      transform.assertSeen();
      return RELEASE;
    });
    this.serviceAccountName = output(SERVICE_ACCOUNT);

    const injected =
      args.injection === undefined ? [] : this.#injection(name, args, args.injection, child, chart);
    this.#kept(name, definitions, [chart, ...injected], child);

    this.registerOutputs({
      namespace: this.namespace,
      serviceAccountName: this.serviceAccountName,
      roleArn: this.roleArn,
      releaseName: this.releaseName,
    });
  }

  #namespace(name: string, args: AppMeshControllerArgs, child: CustomResourceOptions): Output<string> {
    const wanted = args.namespace ?? "appmesh-system";
    if (args.createNamespace === false) return output(wanted);
    return new Namespace(`${name}-namespace`, { metadata: { name: wanted } }, child).metadata.name;
  }

  #injection(
    name: string,
    args: AppMeshControllerArgs,
    injection: NonNullable<AppMeshControllerArgs["injection"]>,
    child: CustomResourceOptions,
    chart: Chart,
  ): Resource[] {
    const authorities = injection.caCertificate ?? args.controlPlane?.caCertificate;
    // Policies are of the whole cluster: two components must not have one of the same name.
    const policyName = `appmesh-${name}-injection`;
    const tracing = openTelemetry(args);
    const mounts = {
      ...(authorities !== undefined && { [XDS_AUTHORITIES]: TRUST_FOLDER }),
      ...(tracing && { [TRACING_SECRET]: TRACING_FOLDER }),
    };
    const spec = all([injection.xdsEndpoint, injection.environment]).apply(([xdsEndpoint, environment]) =>
      tellingPolicy({
        xdsEndpoint,
        mounts,
        environment: { ...(tracing && TRACING_VARIABLE), ...environment },
      }),
    );
    const policy = new MutatingAdmissionPolicy(
      `${name}-injection`,
      { metadata: { name: policyName }, spec: spec as never },
      child,
    );
    const bound = new MutatingAdmissionPolicyBinding(
      `${name}-injection-binding`,
      { metadata: { name: policyName }, spec: { policyName: policy.metadata.name } },
      child,
    );
    const networkName = `appmesh-${name}-host-network`;
    const network = new ValidatingAdmissionPolicy(
      `${name}-host-network`,
      { metadata: { name: networkName }, spec: hostNetworkPolicy() as never },
      child,
    );
    const networkBound = new ValidatingAdmissionPolicyBinding(
      `${name}-host-network-binding`,
      {
        metadata: { name: networkName },
        spec: { policyName: network.metadata.name, validationActions: ["Deny"] },
      },
      child,
    );
    const prepared = Object.entries(injection.namespaces ?? {}).map(([namespace, given]) => {
      const file = (suffix: string, secretName: string, fileName: string, text: Input<string>) =>
        new Secret(
          `${name}-${namespace}-${suffix}`,
          { metadata: { name: secretName, namespace }, stringData: { [fileName]: text } },
          child,
        );
      const files = [
        ...(authorities === undefined ? [] : [file("authorities", XDS_AUTHORITIES, TRUST_FILE, authorities)]),
        ...(tracing === undefined
          ? []
          : [file("tracing", TRACING_SECRET, TRACING_FILE, tracingFile(namespace, tracing))]),
      ];
      const labels = output(given as InjectedGiven).apply((each) => ({
        ...each?.labels,
        [INJECTION_LABEL]: "enabled",
      }));
      // Last of all: from then on pods of the namespace wait for the controller, and need what it gives them.
      return new NamespacePatch(
        `${name}-${namespace}`,
        { metadata: { name: namespace, labels, annotations: takenOver } },
        { ...child, dependsOn: [chart, bound, ...files] },
      );
    });
    return [...prepared, networkBound];
  }

  /** What is destroyed first of all, and cannot be while objects have the controller's finalizers. */
  #kept(
    name: string,
    definitions: readonly Resource[],
    all: readonly Resource[],
    child: CustomResourceOptions,
  ): void {
    const policyName = `appmesh-${name}-finalizers`;
    const clusterRole = `appmesh-${name}-controller-is-needed`;
    const policy = new ValidatingAdmissionPolicy(
      `${name}-finalizers`,
      { metadata: { name: policyName }, spec: finalizersPolicy(clusterRole) as never },
      { ...child, dependsOn: [...definitions] },
    );
    const bound = new ValidatingAdmissionPolicyBinding(
      `${name}-finalizers-binding`,
      {
        metadata: { name: policyName },
        spec: {
          policyName: policy.metadata.name,
          paramRef: ofAllMeshes,
          validationActions: ["Deny"],
        },
      },
      child,
    );
    new ClusterRole(
      `${name}-controller-is-needed`,
      { metadata: { name: clusterRole }, rules: [] },
      { ...child, dependsOn: [bound, ...all] },
    );
  }
}

/** What is secret stays so in the state, also where a program writes it down. */
function closed(args: AppMeshControllerArgs): AppMeshControllerArgs {
  const { accessKey, webhookCertificate: certificate } = args;
  return {
    ...args,
    ...(accessKey?.secretAccessKey !== undefined && {
      accessKey: { ...accessKey, secretAccessKey: secret(accessKey.secretAccessKey) },
    }),
    ...(certificate && {
      webhookCertificate: { ...certificate, privateKey: secret(certificate.privateKey) },
    }),
  };
}

/** What is told of a collector of OpenTelemetry; undefined where it is somebody else, or nobody. */
function openTelemetry({ tracing }: AppMeshControllerArgs): AppMeshControllerArgs["tracing"] {
  if (Output.isInstance(tracing?.provider)) {
    throw new Error(
      "tracing.provider: an output was given; it decides what is made, and must be plain, such as opentelemetry.",
    );
  }
  return tracing?.provider === "opentelemetry" ? tracing : undefined;
}

const tracingFile = (
  namespace: string,
  { address, port }: NonNullable<AppMeshControllerArgs["tracing"]>,
): Output<string> =>
  all([address, port]).apply(([host, known]) => injectedTracing(namespace, String(host), known ?? OTLP_PORT));

type InjectedGiven = { readonly labels?: Readonly<Record<string, string>> } | undefined;
type InNamespace = (suffix: string) => { name: string; namespace: Output<string> };

/** The Secret with the controller's access key: the one that is named, which must be there, or one of its own. */
function accessKeySecret(
  name: string,
  given: NonNullable<AppMeshControllerArgs["accessKey"]>,
  inNamespace: InNamespace,
  child: CustomResourceOptions,
): { name: Output<string>; digest: Input<string> | undefined; resource: Resource } {
  if (given.secretName !== undefined) {
    const { namespace } = inNamespace("");
    const id = all([namespace, given.secretName]).apply(([namespace, secret]) => `${namespace}/${secret}`);
    const found = Secret.get(`${name}-access-key`, id, child);
    return { name: found.metadata.name, digest: undefined, resource: found };
  }
  const made = new Secret(
    `${name}-access-key`,
    {
      metadata: inNamespace("access-key"),
      stringData: {
        accessKeyId: given.accessKeyId as Input<string>,
        secretAccessKey: secret(given.secretAccessKey as Input<string>),
      },
    },
    child,
  );
  // Another key has another id.
  const digestOfId = output(given.accessKeyId as Input<string>).apply(digest);
  return { name: made.metadata.name, digest: digestOfId, resource: made };
}

/** The certificate of the webhooks: made once, and the Secret is where it is kept. */
function webhookSecret(
  name: string,
  args: AppMeshControllerArgs,
  inNamespace: InNamespace,
  child: CustomResourceOptions,
): Secret {
  const given = args.webhookCertificate;
  const data: Output<Record<string, string>> = given
    ? all([given.caCertificate, given.certificate, given.privateKey]).apply(([ca, certificate, key]) =>
        inBase64({ "ca.crt": ca, "tls.crt": certificate, "tls.key": key }),
      )
    : output(webhookCertificate(RELEASE, args.namespace ?? "appmesh-system")).apply(inBase64);
  return new Secret(
    `${name}-webhook-certificate`,
    { metadata: inNamespace("webhook-certificate"), type: "kubernetes.io/tls", data: secret(data) },
    given ? child : { ...child, ignoreChanges: ["data"] },
  );
}

const inBase64 = (texts: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, Buffer.from(text).toString("base64")]),
  );

function chartSource({ chart }: AppMeshControllerArgs) {
  const name = chart?.chart ?? CHART.name;
  // A path says itself which version it is of, and an OCI reference where it comes from.
  const elsewhere =
    chart?.chart !== undefined && chart.repository === undefined && /[/\\]/.test(String(chart.chart));
  const version = chart?.version ?? (elsewhere ? undefined : CHART.version);
  return {
    chart: name,
    ...(version !== undefined && { version }),
    ...(!elsewhere && { repositoryOpts: { repo: chart?.repository ?? CHART.repository } }),
  };
}

const TRACING_PORTS: Readonly<Record<string, number>> = { "x-ray": 2000, jaeger: 9411, datadog: 8126 };

/** The component's own values over those that are passed through. */
function chartValues(args: AppMeshControllerArgs): Input<Values> {
  const { injection } = args;
  // Of what AWS's controller does not know it is told nothing.
  const tracing = openTelemetry(args) ? undefined : args.tracing;
  const own: Values = {
    region: args.region,
    accountId: args.accountId,
    replicaCount: args.replicas,
    image: args.image,
    serviceAccount: { create: false, name: SERVICE_ACCOUNT },
    sidecar: injection?.sidecarImage && { image: injection.sidecarImage },
    init: injection?.initImage && { image: injection.initImage },
    tracing: tracing && {
      enabled: true,
      provider: tracing.provider,
      address: tracing.address,
      port: tracing.port ?? output(tracing.provider).apply((provider) => TRACING_PORTS[String(provider)]),
    },
  };
  const given = args.values as Input<Values> | undefined;
  if (given === undefined) return merged({}, own);
  return Output.isInstance(given) ? given.apply((under) => merged(under, own)) : merged(given as Values, own);
}

const certManager = (values: unknown): boolean =>
  typeof values === "object" && values !== null && (values as Values).enableCertManager === true;
