import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type CustomResourceOptions,
  type Input,
  type Inputs,
  type Output,
  output,
  type Resource,
  unsecret,
} from "@pulumi/pulumi";
import { replicaStatements } from "../aws/control-plane-container.js";
import { ports } from "../aws/serve-arguments.js";
import { checkedArgs } from "../check-args.js";
import { policyDocument } from "../ecs/execution-policy.js";
import { CONTROL_PLANE, type ControlPlanePod, KEYS_FILE, names } from "./control-plane-pod.js";
import {
  accessKeySecret,
  authoritySecret,
  type KeptSecret,
  metricsSecret,
  type Place,
  workloadsSecret,
} from "./control-plane-secrets.js";
import { controlPlaneService, monitor, networkPolicy } from "./control-plane-service.js";
import { type MadeTable, madeClaim, madeTable } from "./control-plane-store.js";
import { controlPlaneWorkload } from "./control-plane-workload.js";
import {
  type KubernetesControlPlaneArgs,
  kubernetesControlPlane,
  type Tags,
} from "./kubernetes-control-plane-args.js";
import { workloadIdentity } from "./workload-identity.js";

export type { KubernetesControlPlaneArgs } from "./kubernetes-control-plane-args.js";

/** The control plane in a cluster: replicas that share a DynamoDB table, or one on a volume. */
export class KubernetesControlPlane extends ComponentResource {
  readonly namespace: Output<string>;
  readonly serviceName: Output<string>;
  readonly serviceAccountName: Output<string>;
  readonly address: Output<string>;
  readonly host: Output<string>;
  readonly endpoint: Output<string>;
  readonly xdsPort: Output<number>;
  readonly xdsEndpoint: Output<string>;
  readonly caCertificate: Output<string>;
  readonly caConfigMapName: Output<string>;
  readonly accessKeyId: Output<string>;
  readonly secretAccessKey: Output<string>;
  readonly accessKeySecretName: Output<string>;
  readonly tableArn: Output<string> | undefined;
  readonly roleArn: Output<string> | undefined;

  readonly #child: CustomResourceOptions = { parent: this };

  constructor(name: string, args: KubernetesControlPlaneArgs, opts?: ComponentResourceOptions) {
    super(
      "appmesh:index:KubernetesControlPlane",
      name,
      checkedArgs(kubernetesControlPlane, name, args) as unknown as Inputs,
      opts,
    );
    const child = this.#child;
    const wanted = args.namespace ?? CONTROL_PLANE;
    this.namespace =
      args.createNamespace === false
        ? output(wanted as Input<string>)
        : new Namespace(`${name}-namespace`, { metadata: { name: wanted as Input<string> } }, child).metadata
            .name;
    const place: Place = { namespace: this.namespace, child };

    const table = madeTable(name, args, child);
    this.tableArn = table?.arn;
    const identity = this.#identity(name, args, table);
    this.roleArn = identity.roleArn;
    this.serviceAccountName = output(CONTROL_PLANE);

    const accessKey = accessKeySecret(name, args.accessKeySecretName as Input<string> | undefined, place);
    this.accessKeyId = accessKey.value("accessKeyId");
    this.secretAccessKey = accessKey.value("secretAccessKey");
    this.accessKeySecretName = accessKey.resource.metadata.name;
    const { proxies, workloads } = authoritySecrets(name, args, place);
    // An authority's certificate is told to everybody.
    this.caCertificate = unsecret(
      args.certificate === undefined
        ? (proxies as KeptSecret).value("tls.crt")
        : output(args.certificate.caCertificate as Input<string>),
    );
    const authorities = new ConfigMap(
      `${name}-authorities`,
      {
        metadata: { name: names.authorities, namespace: this.namespace },
        data: { "ca.crt": this.caCertificate },
      },
      child,
    );
    this.caConfigMapName = authorities.metadata.name;
    const metrics = metricsSecret(name, place);

    this.host = output([this.namespace, args.clusterDomain as Input<string> | undefined]).apply(
      ([namespace, domain]) => `${CONTROL_PLANE}.${namespace}.svc.${domain ?? "cluster.local"}`,
    );
    this.endpoint = this.host.apply((host) => `https://${host}`);
    this.xdsPort = output(ports.xds);
    this.xdsEndpoint = output([this.host, args.trustedNetworkPort]).apply(
      ([host, port]) => `${host}:${port ?? ports.xds}`,
    );
    const service = controlPlaneService(name, args, place);
    this.serviceName = service.metadata.name;
    this.address = service.spec.clusterIP;

    const claim = args.volume && madeClaim(name, args.volume, place);
    const tokenKeys = args.serviceAccountTokens?.keys as Input<string> | undefined;
    const needed = [
      ...identity.resources,
      accessKey.resource,
      metrics.resource,
      ...[proxies, workloads].flatMap((secret) => (secret ? [secret.resource] : [])),
      ...(tokenKeys === undefined ? [] : [this.#tokenKeys(name, tokenKeys)]),
      ...(table?.resources ?? []),
      ...(claim?.resources ?? []),
    ];
    controlPlaneWorkload(
      name,
      args,
      {
        table,
        claim,
        host: this.host,
        serviceName: this.serviceName,
        accessKey: this.accessKeySecretName,
        authorities: output({
          proxies: placeOf(proxies, args.authorities?.proxies),
          workloads: placeOf(workloads, args.authorities?.workloads),
        }) as Output<ControlPlanePod["authorities"]>,
        credentials: (args.identity as GivenIdentity | undefined)?.credentialsSecretName,
        read: [
          this.accessKeyId,
          this.caCertificate,
          tokenKeys,
          ...[proxies, workloads].flatMap((secret) => (secret ? [unsecret(secret.value("tls.crt"))] : [])),
        ],
        needed,
      },
      place,
    );
    if (args.networkPolicy !== false) networkPolicy(name, args, place);
    if (args.serviceMonitor !== undefined) monitor(name, args, place);

    this.registerOutputs({
      namespace: this.namespace,
      serviceName: this.serviceName,
      serviceAccountName: this.serviceAccountName,
      address: this.address,
      host: this.host,
      endpoint: this.endpoint,
      xdsPort: this.xdsPort,
      xdsEndpoint: this.xdsEndpoint,
      caCertificate: this.caCertificate,
      caConfigMapName: this.caConfigMapName,
      accessKeyId: this.accessKeyId,
      secretAccessKey: this.secretAccessKey,
      accessKeySecretName: this.accessKeySecretName,
      tableArn: this.tableArn,
      roleArn: this.roleArn,
    });
  }

  /** The keys by which tokens are checked, where the program has them. */
  #tokenKeys(name: string, keys: Input<string>): Resource {
    const metadata = { name: names.keys, namespace: this.namespace };
    return new ConfigMap(`${name}-keys`, { metadata, data: { [KEYS_FILE]: keys } }, this.#child);
  }

  #identity(name: string, args: KubernetesControlPlaneArgs, table: MadeTable | undefined) {
    const { podIdentity, serviceAccountRole, credentialsSecretName } = (args.identity ?? {}) as GivenIdentity;
    const identity = workloadIdentity(
      name,
      {
        podIdentity,
        serviceAccountRole,
        namespace: this.namespace,
        serviceAccount: CONTROL_PLANE,
        policy: () =>
          output({
            region: args.region,
            tableArn: table?.arn,
            kmsKeyArn: table?.kmsKeyArn,
            certificateArns: args.certificateArns ?? [],
            authorities: { proxies: args.authorities?.proxies, workloads: args.authorities?.workloads },
            more: args.roleStatements ?? [],
          }).apply(({ more, ...rights }) =>
            policyDocument([...replicaStatements(rights as never), ...(more as [])]),
          ),
        permissionsBoundary: args.permissionsBoundary as Input<string> | undefined,
        tags: args.tags as Tags,
      },
      this.#child,
    );
    if (credentialsSecretName === undefined) return identity;
    // One that is not there is told before anything is made.
    const id = output([this.namespace, credentialsSecretName]).apply((parts) => parts.join("/"));
    const found = Secret.get(`${name}-credentials`, id, this.#child);
    return { ...identity, resources: [...identity.resources, found] };
  }
}

/** The Secrets of authorities: those that are named, and one that is made where nothing else signs what replicas show. */
function authoritySecrets(
  name: string,
  { authorities, certificate }: KubernetesControlPlaneArgs,
  place: Place,
) {
  const given = authorities?.proxiesSecretName as Input<string> | undefined;
  const ofWorkloads = authorities?.workloadsSecretName as Input<string> | undefined;
  return {
    proxies:
      given !== undefined || certificate === undefined ? authoritySecret(name, given, place) : undefined,
    workloads: ofWorkloads === undefined ? undefined : workloadsSecret(name, ofWorkloads, place),
  };
}

const placeOf = (secret: KeptSecret | undefined, arn: unknown) =>
  secret ? { secret: secret.resource.metadata.name } : arn === undefined ? undefined : { arn };

interface GivenIdentity {
  readonly podIdentity?: { readonly clusterName: Input<string>; readonly roleArn?: Input<string> };
  readonly serviceAccountRole?: {
    readonly oidcProviderArn?: Input<string>;
    readonly roleArn?: Input<string>;
  };
  readonly credentialsSecretName?: Input<string>;
}
