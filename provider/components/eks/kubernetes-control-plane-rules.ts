import type { Violation } from "@pulumi-appmesh/model";
import { isObject, isUnknown, type ObjectValue, type Value } from "../../server/values.js";
import { authorityViolations } from "../aws/authority-rules.js";
import { cidrViolations } from "../aws/client-rules.js";
import { ports } from "../aws/serve-arguments.js";
import { violation } from "../check.js";
import { imageViolations } from "../image.js";
import { limitViolations } from "../limits.js";

/** What is wrong with a `KubernetesControlPlane` whose inputs have the right shapes. */
export function* kubernetesControlPlaneRules(inputs: ObjectValue): Generator<Violation> {
  if (typeof inputs.image === "string") yield* imageViolations(["image"], inputs.image, "pods");
  yield* storeViolations(inputs);
  yield* identityViolations(inputs);
  yield* clientsViolations(inputs);
  yield* limitViolations(inputs);
  yield* portViolations(inputs);
  yield* environmentViolations(inputs);
  yield* authorityViolations(inputs.authorities);
  yield* proxiesViolations(inputs);
}

/** An authority in AWS is not read by the program, and clients are to be told whom they trust. */
function* proxiesViolations({ authorities, certificate }: ObjectValue): Generator<Violation> {
  const { proxies } = members(authorities);
  if (proxies === undefined || certificate !== undefined) return;
  yield violation(
    ["authorities", "proxies"],
    proxies,
    "it was given without certificate: what replicas showed would be of this authority, and clients could not be told whom to trust. " +
      "Give certificate, such as one of cert-manager's, or proxiesSecretName, whose Secret is read.",
  );
}

function* storeViolations(inputs: ObjectValue): Generator<Violation> {
  const { table, volume, replicas, region } = inputs;
  if (table === undefined && volume === undefined) {
    yield violation(
      ["table"],
      undefined,
      "neither table nor volume was given; one of them is required, in which the control plane keeps the mesh.",
    );
  }
  if (table !== undefined && volume !== undefined) {
    yield violation(
      ["volume"],
      undefined,
      "it was given beside table; the mesh is kept in one of them. Leave one of both out.",
    );
  }
  if (volume !== undefined && replicas !== undefined) {
    yield violation(
      ["replicas"],
      replicas,
      `${shown(replicas)} was given beside volume, which one replica alone can have. Leave it out, or give table instead of volume.`,
    );
  }
  const { tableArn, deletionProtection } = members(table);
  if (tableArn !== undefined && deletionProtection !== undefined) {
    yield violation(
      ["table", "deletionProtection"],
      deletionProtection,
      "it was given beside tableArn; it is for the table that is made where that is not given. Leave one of both out.",
    );
  }
  if (typeof tableArn === "string") {
    const [, , service, where, , kind = ""] = tableArn.split(":");
    if (service !== "dynamodb" || !/^table\/[^/]+$/.test(kind)) {
      yield violation(
        ["table", "tableArn"],
        tableArn,
        `${shown(tableArn)} was given; the ARN of a DynamoDB table is allowed, as arn:aws:dynamodb:eu-west-1:111122223333:table/meshes.`,
      );
    } else if (typeof region === "string" && where !== region) {
      yield violation(
        ["table", "tableArn"],
        tableArn,
        `the table is in ${where}, and region is ${region}; the table must be in the region of the mesh. Give region: ${shown(where ?? null)}, or a table there.`,
      );
    }
  }
}

function* identityViolations({ table, identity, authorities, ...inputs }: ObjectValue): Generator<Violation> {
  if (table !== undefined && identity === undefined) {
    yield violation(
      ["identity"],
      undefined,
      "nothing was given; it is required with table, without which replicas could not read it. On EKS give podIdentity or " +
        "serviceAccountRole, elsewhere credentialsSecretName.",
    );
  }
  for (const purpose of ["proxies", "workloads"]) {
    const arn = members(authorities)[purpose];
    if (arn === undefined || table !== undefined || identity !== undefined) continue;
    yield violation(
      ["identity"],
      undefined,
      `nothing was given; it is required with authorities.${purpose}, which AWS asks replicas for a right to. On EKS give podIdentity or ` +
        `serviceAccountRole, elsewhere credentialsSecretName, or keep the authority in a Secret, by authorities.${purpose}SecretName.`,
    );
  }
  const { podIdentity, serviceAccountRole } = members(identity);
  const role = members(serviceAccountRole);
  if (serviceAccountRole !== undefined && !("roleArn" in role) && !("oidcProviderArn" in role)) {
    yield violation(
      ["identity", "serviceAccountRole"],
      undefined,
      "it names neither a role nor an OIDC provider; give oidcProviderArn, so that a role is made, or roleArn.",
    );
  }
  const made =
    (podIdentity !== undefined && !("roleArn" in members(podIdentity))) ||
    (serviceAccountRole !== undefined && !("roleArn" in role));
  if (made) return;
  for (const name of ["certificateArns", "roleStatements", "permissionsBoundary"]) {
    if (inputs[name] === undefined) continue;
    yield violation(
      [name],
      inputs[name],
      "it is for a role that is made, and none is: give identity.podIdentity or identity.serviceAccountRole without roleArn, or " +
        "leave it out.",
    );
  }
}

function* clientsViolations({ clients, networkPolicy }: ObjectValue): Generator<Violation> {
  if (networkPolicy === false && clients !== undefined) {
    yield violation(
      ["clients"],
      undefined,
      "it was given, and networkPolicy is false: nothing would keep others out. Leave one of both out.",
    );
  }
  for (const [name, client] of Object.entries(members(clients))) {
    const { cidr, podLabels } = members(client);
    if (cidr !== undefined && podLabels !== undefined) {
      yield violation(
        ["clients", name, "podLabels"],
        undefined,
        "it was given beside cidr, a network outside of the cluster, where there are no pods. Leave one of both out.",
      );
    }
    for (const found of cidrViolations("cidr", { cidr: cidr ?? null }))
      yield { ...found, path: ["clients", name, "cidr"] };
  }
}

function* portViolations({ trustedNetworkPort }: ObjectValue): Generator<Violation> {
  const [name] = Object.entries(ports).find(([, port]) => port === trustedNetworkPort) ?? [];
  if (name === undefined) return;
  yield violation(
    ["trustedNetworkPort"],
    trustedNetworkPort,
    `${shown(trustedNetworkPort ?? null)} was given; replicas listen there for ${PORTS[name]}. Another port is allowed, such as 18001.`,
  );
}

const PORTS: Readonly<Record<string, string>> = {
  api: "the API",
  xds: "proxies that prove who they are",
  notices: "each other",
  health: "probes",
};

/** What the component says itself. */
const OWNED: Readonly<Record<string, string>> = {
  APPMESH_ACCESS_KEY_ID: "accessKeySecretName",
  APPMESH_SECRET_ACCESS_KEY: "accessKeySecretName",
  AWS_ACCESS_KEY_ID: "identity.credentialsSecretName",
  AWS_SECRET_ACCESS_KEY: "identity.credentialsSecretName",
};

function* environmentViolations({ environment }: ObjectValue): Generator<Violation> {
  for (const [name, input] of Object.entries(OWNED)) {
    if (members(environment)[name] === undefined) continue;
    yield violation(
      ["environment", name],
      undefined,
      `it is a secret, which nobody may read in a pod's own document. Use ${input}.`,
    );
  }
}

const members = (value: Value | undefined): ObjectValue =>
  value !== undefined && isObject(value) ? value : {};
const shown = (value: Value): string => (isUnknown(value) ? "a value" : JSON.stringify(value));
