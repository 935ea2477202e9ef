// The environment variables of a pod's containers, from wherever they come.
import { groupAddress, onlyKnown, Unsupported } from "./container-group.js";
import type { Data, KeyReference, Pod, PodContainer, PodSurroundings, Reference } from "./pod-spec.js";

export const nameOf = ({ metadata = {} }: Pod, { name }: PodSurroundings): string =>
  name ?? metadata.name ?? "pod";

export function environmentOf(
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
export const expand = (text: string, environment: Readonly<Record<string, string>>): string =>
  text.replace(/\$(\$|\(([^()]+)\))/g, (all, escaped: string, name: string) =>
    escaped === "$" ? "$" : (environment[name] ?? all),
  );

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

/** A secret or a config map. */
export function whole(kind: string, all: Data, { name, optional }: Reference) {
  const found = all[name];
  if (found === undefined && !optional)
    throw new Unsupported(`CreateContainerConfigError: there is no ${kind} ${name}`);
  return found;
}
