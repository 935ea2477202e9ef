import { isIP } from "node:net";
import type { Path, Violation } from "@pulumi-appmesh/model";
import { isObject, isUnknown, type ObjectValue, type Value } from "../../server/values.js";
import { violation } from "../check.js";
import { imageViolations } from "../image.js";

const DEFAULT_NAMESPACE = "appmesh-system";

/** What is wrong with an `AppMeshController` whose inputs are each what they should be. */
export function* controllerRules(inputs: ObjectValue): Generator<Violation> {
  yield* credentials(inputs);
  yield* address(inputs);
  yield* chart(inputs);
  yield* namespaces(inputs);
  yield* tracing(inputs);
  yield* values(inputs);
}

function* credentials({ accessKey, identity }: ObjectValue): Generator<Violation> {
  if (accessKey === undefined && identity === undefined) {
    yield violation(
      ["accessKey"],
      undefined,
      "nothing was given, and no identity: the controller could sign no request. Give accessKey, one that the control plane " +
        "knows, or on EKS identity.",
    );
  }
  if (accessKey !== undefined && identity !== undefined) {
    yield violation(
      ["identity"],
      undefined,
      "it was given beside accessKey: the controller signs all its requests by one of them, and a key of the control plane is nothing " +
        "to AWS Cloud Map. Leave identity out, and let Kubernetes' DNS find the pods: virtual nodes with serviceDiscovery.dns. " +
        "Services in Cloud Map, such as those on ECS, are found by the control plane's own role all the same.",
    );
  }
  const key = members(accessKey);
  if (key.accessKeyId !== undefined && key.secretAccessKey === undefined)
    yield violation(
      ["accessKey", "secretAccessKey"],
      undefined,
      "nothing was given; it is required with accessKeyId.",
    );
  if (key.secretName !== undefined && key.secretAccessKey !== undefined)
    yield violation(
      ["accessKey", "secretAccessKey"],
      key.secretAccessKey,
      "it was given beside secretName; the Secret that is named has it.",
    );
  const role = members(members(identity).serviceAccountRole);
  if (
    members(identity).serviceAccountRole !== undefined &&
    !("roleArn" in role) &&
    !("oidcProviderArn" in role)
  ) {
    yield violation(
      ["identity", "serviceAccountRole"],
      undefined,
      "it names neither a role nor an OIDC provider; give oidcProviderArn, so that a role is made, or roleArn.",
    );
  }
}

function* address({ controlPlane }: ObjectValue): Generator<Violation> {
  const { address: given, image } = members(controlPlane);
  if (typeof image === "string") yield* imageViolations(["controlPlane", "image"], image, "pods");
  if (typeof given === "string" && isIP(given) === 0) {
    yield violation(
      ["controlPlane", "address"],
      given,
      `${JSON.stringify(given)} was given; an IP address is allowed, since pods resolve a name to it by themselves. For a host name ` +
        "leave it out and let DNS lead there: an alias of that name for appmesh.<region>.amazonaws.com.",
    );
  }
}

const isPath = (chart: Value | undefined) =>
  typeof chart === "string" && /^(\.{0,2}\/|[A-Za-z]:\\|\.{1,2}$)/.test(chart);
const isOci = (chart: Value | undefined) => typeof chart === "string" && chart.startsWith("oci://");

function* chart(inputs: ObjectValue): Generator<Violation> {
  const given = members(inputs.chart);
  const { chart, repository, version } = given;
  if ((isPath(chart) || isOci(chart)) && repository !== undefined) {
    yield violation(
      ["chart", "repository"],
      repository,
      `it was given beside the chart ${JSON.stringify(chart)}, which is in no repository; leave it out.`,
    );
  }
  if (isOci(chart) && version === undefined) {
    yield violation(
      ["chart", "version"],
      undefined,
      "nothing was given; it is required for an OCI reference, whose newest version would be taken else, another one each time.",
    );
  }
}

function* namespaces({ injection, namespace = DEFAULT_NAMESPACE }: ObjectValue): Generator<Violation> {
  for (const name of Object.keys(members(members(injection).namespaces))) {
    const path: Path = ["injection", "namespaces", name];
    if (name === namespace)
      yield violation(
        path,
        undefined,
        "the controller itself is there: its pods would wait for a proxy that only it can give.",
      );
    else if (name === "kube-system")
      yield violation(
        path,
        undefined,
        "what the cluster itself runs on is there; no proxy may stand before it.",
      );
    else if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
      yield violation(
        path,
        undefined,
        'no namespace can be called so; lower case letters, digits and "-" are allowed.',
      );
  }
}

function* tracing({ tracing, injection }: ObjectValue): Generator<Violation> {
  const { provider, address } = members(tracing);
  if (provider !== undefined && isUnknown(provider)) {
    yield violation(
      ["tracing", "provider"],
      provider,
      "a value that is not known yet was given; it decides what is made, and must be known before.",
    );
  }
  if (provider !== "opentelemetry") return;
  if (address === undefined) {
    yield violation(
      ["tracing", "address"],
      undefined,
      "nothing was given; the collector's host is required with opentelemetry.",
    );
  }
  if (injection === undefined) {
    yield violation(
      ["tracing", "provider"],
      provider,
      '"opentelemetry" was given without injection: AWS\'s controller does not know it, and only proxies of prepared namespaces are told. ' +
        "Give injection.namespaces, or x-ray, jaeger or datadog.",
    );
  }
}

/** What inputs of the component say, and values may not. */
const OWNED: Readonly<Record<string, string>> = {
  region: "region",
  accountId: "accountId",
  serviceAccount: "identity and accessKey",
  tracing: "tracing",
  replicaCount: "replicas",
  image: "image",
};

/** What the component knows the chart's objects by. */
const NAMES = ["nameOverride", "fullnameOverride"];

function* values(inputs: ObjectValue): Generator<Violation> {
  const given = inputs.values;
  if (given === undefined || isUnknown(given)) return;
  if (!isObject(given)) {
    yield violation(["values"], given, "an object is allowed, as in a file of values.");
    return;
  }
  for (const [name, input] of Object.entries(OWNED)) {
    if (given[name] !== undefined)
      yield violation(["values", name], given[name], `the component's own input says it: use ${input}.`);
  }
  for (const name of NAMES) {
    if (given[name] !== undefined)
      yield violation(
        ["values", name],
        given[name],
        "the component knows the chart's objects by their names; leave it out.",
      );
  }
  if (given.enableCertManager === true && inputs.webhookCertificate !== undefined) {
    yield violation(
      ["webhookCertificate"],
      undefined,
      "it was given, and values.enableCertManager lets cert-manager make one; leave one of them out.",
    );
  }
}

const members = (value: Value | undefined): ObjectValue =>
  value !== undefined && isObject(value) ? value : {};
