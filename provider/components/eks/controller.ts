import { CustomResourceDefinition } from "@pulumi/kubernetes/apiextensions/v1/customResourceDefinition.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { Chart } from "@pulumi/kubernetes/helm/v4/chart.js";
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
import { controlPlaneCheck } from "./control-plane-check.js";
import { CHART } from "./controller-args.js";
import { AUTHORITIES, apiHost, type ControllerPods } from "./controller-deployment.js";
import { keptWhileNeeded } from "./finalizers.js";
import type { AppMeshControllerArgs } from "./given-controller.js";
import { controllerPolicy } from "./iam.js";
import { injectedNamespaces, openTelemetry } from "./injected-namespaces.js";
import { takenOver } from "./kubernetes-names.js";
import { controllerTransform, RELEASE } from "./transform.js";
import { webhookCertificate } from "./webhook-certificate.js";
import { workloadIdentity } from "./workload-identity.js";

export type { AppMeshControllerArgs } from "./given-controller.js";

const SERVICE_ACCOUNT = RELEASE;

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
    const needed = [configMap, accessKey?.resource].filter((each) => each !== undefined);
    const image = args.controlPlane?.image;
    const check =
      image === undefined
        ? []
        : [
            controlPlaneCheck(name, { ...pods, image, region: args.region }, this.namespace, {
              ...child,
              dependsOn: needed,
            }),
          ];
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
        dependsOn: [...definitions, ...identity.resources, ...needed, ...check],
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
      args.injection === undefined ? [] : injectedNamespaces(name, args, args.injection, child, chart);
    keptWhileNeeded(name, definitions, [chart, ...injected], child);

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
