import { checkSpec, type Kind, type Path, type Violation, validate } from "@pulumi-appmesh/model";
import type { Failure } from "../../resources/check.js";
import { formatPropertyPath } from "../../resources/property-path.js";
import { dropNulls, isObject, isUnknown, type ObjectValue, reveal } from "../../server/values.js";
import { failuresOf, inputViolations, violation } from "./component-inputs.js";
import { MeshServiceVersion, meshServiceInputs } from "./mesh-service-args.js";
import {
  type Lift,
  type MeshServiceParts,
  needsNode,
  nodeSpec,
  previewSpec,
  ROUTE_KINDS,
  routerSpec,
  routeSpec,
  type VersionParts,
  versionNames,
} from "./mesh-service-specs.js";

/** Everything that is wrong with what a `MeshService` is given, in the words and at the places of its own arguments. */
export function checkMeshService(given: ObjectValue): Failure[] {
  const inputs = dropNulls(given) as ObjectValue;
  const open = reveal(inputs) as ObjectValue;
  const shapes = [...ownViolations(open), ...versionViolations(open.versions)];
  // The rules of the specs are looked at once the arguments are what they should be.
  const violations = shapes.length > 0 ? shapes : [...ruleViolations(open as unknown as MeshServiceParts)];
  return failuresOf(violations, inputs);
}

function* ownViolations(inputs: ObjectValue): Generator<Violation> {
  yield* inputViolations("MeshService", meshServiceInputs, ["versions", "tags"], inputs);
  const protocol = protocolOf(inputs as unknown as MeshServiceParts);
  const wanted = Object.entries(ROUTE_KINDS).find(([each]) => each === protocol)?.[1];
  for (const kind of Object.values(ROUTE_KINDS)) {
    if (wanted === undefined || kind === wanted || inputs[kind] === undefined) continue;
    yield violation(
      [kind],
      inputs[kind],
      `${kind} was given; ${wanted} is allowed, since the listener's protocol is ${String(protocol)}.`,
    );
  }
}

function* versionViolations(versions: unknown): Generator<Violation> {
  if (!isObject(versions)) {
    const found =
      versions === undefined
        ? "nothing was given"
        : isUnknown(versions)
          ? "a value that is not known yet was given"
          : "something else was given";
    yield violation(
      ["versions"],
      versions,
      `${found}; a map from the names of 1 to 10 versions to what they are is required. The names must be known before anything is made; what they stand for need not be.`,
    );
    return;
  }
  const names = Object.keys(versions);
  if (names.length < 1 || names.length > 10) {
    yield violation(["versions"], versions, `${names.length} versions were given; 1 to 10 are allowed.`);
  }
  for (const [name, version] of Object.entries(versions)) {
    if (isUnknown(version)) {
      yield violation(
        ["versions", name],
        version,
        "a value that is not known yet was given; only the members of a version may be so.",
      );
    } else yield* validate(MeshServiceVersion, version, { path: ["versions", name], isUnknown });
  }
}

/** Looks into what is known; what is not, stays so. */
const look: Lift = (value, into) => (isUnknown(value) ? value : into(value as never));

function* ruleViolations(service: MeshServiceParts): Generator<Violation> {
  const names = versionNames(service);
  const weights = Object.values(service.versions).map(({ weight }) => weight);
  if (weights.every((weight) => weight === 0)) {
    yield violation(
      ["versions"],
      undefined,
      "every version has weight 0, so that none gets traffic; give at least one a weight above 0.",
    );
  }
  const seen = new Set<string>();
  function* checked(kind: Kind, spec: unknown, place: (path: Path) => Path): Generator<Violation> {
    for (const found of checkSpec(kind, spec, { path: [], isUnknown })) {
      const path = place(found.path);
      // Every version has the service's listener, whose mistakes are told once.
      const text = `${formatPropertyPath(path)} ${found.message}`;
      if (!seen.has(text)) yield { ...found, path };
      seen.add(text);
    }
  }
  for (const [name, version] of Object.entries(service.versions)) {
    if (needsNode(version))
      yield* checked("virtualNode", nodeSpec(service, version, look), (path) =>
        nodePlace(name, version, path),
      );
  }
  yield* checked("virtualRouter", routerSpec(service, look), ([, , ...rest]) => ["listener", ...rest]);
  const nodes = Object.fromEntries(
    names.map((name) => [name, service.versions[name]?.virtualNodeName ?? name]),
  );
  yield* checked("route", routeSpec(service, nodes, look), (path) => routePlace(names, path));
  for (const [name, { preview }] of Object.entries(service.versions)) {
    if (preview === undefined) continue;
    if (protocolOf(service) === "tcp") {
      yield violation(
        ["versions", name, "preview"],
        preview,
        "it must be left out, since the listener's protocol is tcp, which has no headers.",
      );
      continue;
    }
    yield* checked("route", previewSpec(service, name, nodes[name], look), (path) =>
      previewPlace(service, name, path),
    );
  }
}

/** Where a part of a virtual node's spec comes from. */
function nodePlace(name: string, version: VersionParts, path: Path): Path {
  const [member = "", ...rest] = path;
  const { spec } = version;
  if (isObject(spec) && spec[member] !== undefined) return ["versions", name, "spec", ...path];
  if (member === "serviceDiscovery") return ["versions", name, ...path];
  return member === "listeners" ? ["listener", ...rest.slice(1)] : path;
}

/** Where a part of the spec of a version's preview route comes from. */
function previewPlace(service: MeshServiceParts, name: string, path: Path): Path {
  const [kind, member, list, index, ...rest] = path;
  const preview: Path = ["versions", name, "preview"];
  if (kind === "priority") return [...preview, kind];
  if (member === "action") return ["versions", name, ...rest];
  if (member !== "match" || (list !== "headers" && list !== "metadata")) return path;
  if (typeof index !== "number") return [...preview, "headers"];
  const settings = service[kind as keyof MeshServiceParts];
  const match = isObject(settings) ? settings.match : undefined;
  const own = isObject(match) && Array.isArray(match[list]) ? match[list].length : 0;
  return index < own ? path : [...preview, "headers", index - own, ...rest];
}

/** The protocol of the service's listener, if it is known. */
function protocolOf({ listener }: MeshServiceParts): unknown {
  const mapping = isObject(listener) ? listener.portMapping : undefined;
  return isObject(mapping) ? mapping.protocol : undefined;
}

/** Where a part of the route's spec comes from. */
function routePlace(names: readonly string[], path: Path): Path {
  const [, member, , index, ...rest] = path;
  if (member !== "action") return path;
  return typeof index === "number" ? ["versions", names[index] ?? "", ...rest] : ["versions"];
}
