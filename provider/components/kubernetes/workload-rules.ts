import type { Path, Violation } from "@pulumi-appmesh/model";
import { isObject, type ObjectValue } from "../../server/values.js";
import { violation } from "../check.js";
import type { Known } from "../known.js";
import { podViolations } from "./check-pod.js";
import { dnsLabel } from "./workload-args.js";

/** By which the Service and the Deployment find the pods. */
export const podLabel = "app.kubernetes.io/name";
/** Where AWS's controller injects proxies, it does not where this is disabled. */
export const injector = "appmesh.k8s.aws/sidecarInjectorWebhook";

const instead = {
  name: "Give serviceName.",
  replicas: "Give the input replicas.",
  serviceAccountName: "Give the input serviceAccountName.",
  serviceName: "Give the input serviceName.",
} as const;
const said = "the component says it itself";

/** What the component says of its objects, by input. */
const ours: Readonly<Record<string, readonly Path[]>> = {
  deployment: [
    ["metadata", "name"],
    ["metadata", "namespace"],
    ["spec", "selector"],
    ["spec", "template"],
    ["spec", "replicas"],
  ],
  statefulSet: [
    ["metadata", "name"],
    ["metadata", "namespace"],
    ["spec", "selector"],
    ["spec", "template"],
    ["spec", "replicas"],
    ["spec", "serviceName"],
  ],
  daemonSet: [
    ["metadata", "name"],
    ["metadata", "namespace"],
    ["spec", "selector"],
    ["spec", "template"],
  ],
  service: [
    ["metadata", "name"],
    ["metadata", "namespace"],
    ["spec", "selector"],
    ["spec", "ports"],
  ],
  serviceAccount: [
    ["metadata", "name"],
    ["metadata", "namespace"],
  ],
};

/** What runs the pods: one of them, a Deployment where none is given. */
const sets = ["deployment", "statefulSet", "daemonSet"] as const;

/**
 * What is wrong with pods that a component makes, whose inputs have the right shapes.
 *
 * @param name The component's own.
 */
export function* workloadRules({ value, isOpen }: Known, name: string | undefined): Generator<Violation> {
  const inputs = value as ObjectValue;
  if (inputs.serviceName === undefined && name !== undefined && !isOpen(["serviceName"])) {
    if (!dnsLabel.test(name) || name.length > 63) {
      yield violation(
        ["serviceName"],
        undefined,
        `nothing was given, and the name of the component, ${JSON.stringify(name)}, is no label of DNS, as a Service needs: at ` +
          "most 63 lower-case letters, digits and hyphens, with a letter first. Give serviceName.",
      );
    }
  }
  if (inputs.serviceAccount !== undefined && inputs.serviceAccountName !== undefined) {
    yield violation(
      ["serviceAccount"],
      inputs.serviceAccount,
      "it was given beside serviceAccountName, which names one that is there already. Leave one of both out.",
    );
  }
  const [set, ...others] = sets.filter((input) => inputs[input] !== undefined);
  for (const other of others) {
    yield violation(
      [other],
      inputs[other],
      `it was given beside ${set}; one of ${sets.join(", ")} is what the pods are run by. Leave one of both out.`,
    );
  }
  if (inputs.daemonSet !== undefined && inputs.replicas !== undefined) {
    yield violation(
      ["replicas"],
      inputs.replicas,
      "it was given beside daemonSet, of which each machine has one pod. Leave one of both out.",
    );
  }
  for (const [input, paths] of Object.entries(ours)) yield* objectViolations(input, inputs[input], paths);
  yield* templateViolations(inputs);
}

/** An object is in Kubernetes' words, and says nothing that the component says. */
function* objectViolations(input: string, given: unknown, paths: readonly Path[]): Generator<Violation> {
  if (given === undefined) return;
  const allowed =
    input === "serviceAccount"
      ? ["metadata", "automountServiceAccountToken", "imagePullSecrets", "secrets"]
      : ["metadata", "spec"];
  if (!isObject(given)) {
    yield violation(
      [input],
      given,
      "an object is required, in Kubernetes' words, as {metadata: {annotations: {…}}}.",
    );
    return;
  }
  yield* partsViolations([input], given, allowed);
  for (const [part = "", member = ""] of paths) {
    const within = given[String(part)];
    const value = isObject(within) ? within[String(member)] : undefined;
    if (value === undefined) continue;
    const way = instead[String(member) as keyof typeof instead] ?? "Leave it out.";
    yield violation([input, part, member], value, `${said}. ${way}`);
  }
}

function* partsViolations(at: Path, given: ObjectValue, allowed: readonly string[]): Generator<Violation> {
  for (const [part, value] of Object.entries(given)) {
    if (!allowed.includes(part)) {
      yield violation([...at, part], value, `it is not one of its parts; ${allowed.join(", ")} are allowed.`);
    } else if ((part === "metadata" || part === "spec") && !isObject(value)) {
      yield violation([...at, part], value, "an object is required.");
    }
  }
}

function* templateViolations({ podTemplate }: ObjectValue): Generator<Violation> {
  if (podTemplate === undefined) return;
  const at = ["podTemplate"];
  if (!isObject(podTemplate)) {
    yield violation(
      at,
      podTemplate,
      "a template of pods is required, in Kubernetes' words, as {spec: {containers: [{name, image}]}}.",
    );
    return;
  }
  yield* partsViolations(at, podTemplate, ["metadata", "spec"]);
  const { metadata, spec } = podTemplate;
  if (isObject(metadata)) {
    const annotations = isObject(metadata.annotations) ? metadata.annotations : {};
    const asked = annotations[injector];
    if (asked !== undefined && asked !== "disabled") {
      yield violation(
        [...at, "metadata", "annotations", injector],
        asked,
        `${JSON.stringify(asked)} was given; a pod has one proxy, and is of one virtual node. Leave it out.`,
      );
    }
    const labels = isObject(metadata.labels) ? metadata.labels : {};
    if (labels[podLabel] !== undefined)
      yield violation(
        [...at, "metadata", "labels", podLabel],
        labels[podLabel],
        `${said}: it finds the pods by it. Leave it out.`,
      );
  }
  if (!isObject(spec)) return;
  if (spec.serviceAccountName !== undefined) {
    yield violation(
      [...at, "spec", "serviceAccountName"],
      spec.serviceAccountName,
      `${said}. ${instead.serviceAccountName}`,
    );
  }
  if (spec.restartPolicy !== undefined && spec.restartPolicy !== "Always") {
    yield violation(
      [...at, "spec", "restartPolicy"],
      spec.restartPolicy,
      `${JSON.stringify(spec.restartPolicy)} was given; pods of a Deployment, StatefulSet or DaemonSet are started again, so that "Always" is ` +
        "allowed. Leave it out. Pods that end are a Job's, whose spec addMeshToPod makes.",
    );
  }
}

/**
 * What is wrong with the spec of the pods, and with the options that concern them.
 *
 * @param proxy What the pods are one of, and the ports of its listeners.
 */
export function* specRules({ value, isOpen }: Known, proxy: object): Generator<Violation> {
  const { podTemplate = {}, ...options } = value as ObjectValue;
  if (!isObject(podTemplate)) return;
  // Pods of a virtual gateway need no container of their own.
  const spec = podTemplate.spec ?? ("virtualGateway" in proxy ? {} : undefined);
  const found = podViolations(spec, { ...options, ...proxy }, { at: ["podTemplate", "spec"], isOpen });
  for (const each of found) yield { ...each, path: podPlace(each.path) };
}

/** Where a part of the pods' options comes from that the component says in other words. */
function podPlace(path: Path): Path {
  const [member, index] = path;
  if (member === "virtualNode") return ["virtualNodeName"];
  if (member === "virtualGateway") return ["virtualGatewayName"];
  if (member !== "listenerPorts") return path;
  return typeof index === "number" ? ["listeners", index, "portMapping", "port"] : ["listeners"];
}
