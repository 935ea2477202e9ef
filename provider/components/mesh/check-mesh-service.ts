import { checkSpec, type Kind, type Path, type Violation } from "@pulumi-appmesh/model";
import { formatPropertyPath } from "../../resources/property-path.js";
import { isObject, isUnknown, type ObjectValue } from "../../server/values.js";
import { violation } from "../check.js";
import { lookIntoKnown } from "./lift.js";
import {
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

/** What is wrong with a `MeshService` whose arguments are what they should be, in their words and at their places. */
export function* meshServiceRules(inputs: ObjectValue): Generator<Violation> {
  const service = inputs as unknown as MeshServiceParts;
  const otherKinds = [...wrongKinds(inputs)];
  yield* otherKinds;
  if (otherKinds.length === 0) yield* ruleViolations(service);
}

/** The arguments for a route of another protocol than the listener's. */
function* wrongKinds(inputs: ObjectValue): Generator<Violation> {
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
      yield* checked("virtualNode", nodeSpec(service, version, lookIntoKnown), (path) =>
        nodePlace(name, version, path),
      );
  }
  yield* checked("virtualRouter", routerSpec(service, lookIntoKnown), ([, , ...rest]) => [
    "listener",
    ...rest,
  ]);
  const nodes = Object.fromEntries(
    names.map((name) => [name, service.versions[name]?.virtualNodeName ?? name]),
  );
  yield* checked("route", routeSpec(service, nodes, lookIntoKnown), (path) => routePlace(names, path));
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
    yield* hidden(service, name);
    yield* checked("route", previewSpec(service, name, nodes[name], lookIntoKnown), (path) =>
      previewPlace(service, name, path),
    );
  }
}

/** A preview that the service's own route comes before: it would never get a request. */
function* hidden({ priority, versions }: MeshServiceParts, name: string): Generator<Violation> {
  const preview = versions[name]?.preview;
  const own = isObject(preview) ? (preview.priority ?? 0) : undefined;
  if (typeof priority !== "number" || typeof own !== "number" || own <= priority) return;
  yield violation(
    ["versions", name, "preview", "priority"],
    own,
    `${own} was given; 0 to ${priority} is allowed, since the service's own route, of priority ${priority}, would take the ` +
      "preview's requests before it.",
  );
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
