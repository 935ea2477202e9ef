import type { Violation } from "@pulumi-appmesh/model";
import { violation } from "../check.js";
import { isIndependent } from "./application.js";
import { conditionViolations, type Waiting } from "./check-conditions.js";
import type { ContainerDefinition } from "./container-definition.js";
import type { Given } from "./given.js";
import type { MeshOptions } from "./mesh-options.js";
import { namesOf } from "./plan.js";

/** Names of the containers that the mesh is known to add, Envoy's first. */
export function addedNames(given: Given): readonly string[] {
  if (given.isOpen("envoy", "name")) return [];
  const { envoy, tracer, drain, redirect } = namesOf(given.options);
  return [
    envoy,
    ...(tracer === undefined || given.tracer === undefined ? [] : [tracer]),
    ...(drain === undefined || given.isOpen("drainSeconds") ? [] : [drain]),
    ...(redirect === undefined ? [] : [redirect]),
  ];
}

/** What waits for nobody, and what waits for itself by way of others. */
export function* dependencyViolations(given: Given): Generator<Violation> {
  const { containers, options } = given;
  const { drain, envoy, tracer, redirect } = namesOf(options);
  const named = containers.flatMap((container) => container?.name ?? []);
  // Nothing can wait for the drain, which waits for the application.
  const all = [...named, ...addedNames(given).filter((name) => name !== drain)];
  const waiting: readonly Waiting[] = [
    ...containers.map((container, index) => ({
      name: container?.name,
      path: ["containerDefinitions", index, "dependsOn"],
      dependsOn: container?.dependsOn,
    })),
    {
      name: envoy,
      path: ["envoy", "container", "dependsOn"],
      dependsOn: options.envoy?.container?.dependsOn,
    },
    {
      name: tracer,
      path: ["tracing", "container", "dependsOn"],
      dependsOn: options.tracing?.container?.dependsOn,
    },
  ];
  const open = ["envoy", "tracing", "interception", "containerDefinitions"].some((part) =>
    given.isOpen(part),
  );
  if (!open) {
    yield* strangers(waiting, all);
    yield* volumeStrangers(given, all);
  }
  yield* conditionViolations(given, waiting);
  const graph = new Map<string, string[]>();
  const wait = (name: string, other: string) => graph.set(name, [...(graph.get(name) ?? []), other]);
  for (const { name, dependsOn = [] } of waiting) {
    for (const { containerName } of dependsOn.filter((dependency) => dependency !== undefined)) {
      if (name !== undefined && containerName !== undefined) wait(name, containerName);
    }
  }
  for (const first of [tracer, redirect]) {
    if (first !== undefined && !named.includes(first)) wait(envoy, first);
  }
  // Those of the application wait for Envoy without being told to.
  for (const container of open || given.isOpen("independentContainers") ? [] : containers) {
    const known = container as ContainerDefinition;
    if (known.name === undefined || known.name === envoy) continue;
    if (!isIndependent(known, options as MeshOptions)) wait(known.name, envoy);
  }
  const circle = circleIn(graph);
  if (circle === undefined) return;
  const first = waiting.find(
    ({ name, dependsOn = [] }) => circle.includes(name ?? "") && dependsOn.length > 0,
  );
  yield violation(
    first?.path ?? [],
    first?.dependsOn,
    `it goes round in a circle: ${circle.join(" waits for ")}. None of them would start. Leave one of these out.`,
  );
}

function* strangers(waiting: readonly Waiting[], all: readonly string[]): Generator<Violation> {
  for (const { path, dependsOn = [] } of waiting) {
    for (const [at, dependency] of dependsOn.entries()) {
      const other = dependency?.containerName;
      if (other === undefined || all.includes(other)) continue;
      yield violation(
        [...path, at, "containerName"],
        other,
        `${JSON.stringify(other)} was given, which is no container of the task; it has ${all.join(", ")}. Name one of them, or leave it out.`,
      );
    }
  }
}

function* volumeStrangers({ containers }: Given, all: readonly string[]): Generator<Violation> {
  for (const [index, container] of containers.entries()) {
    for (const [at, { sourceContainer: other } = {}] of (container?.volumesFrom ?? []).entries()) {
      if (other === undefined || all.includes(other)) continue;
      yield violation(
        ["containerDefinitions", index, "volumesFrom", at, "sourceContainer"],
        other,
        `${JSON.stringify(other)} was given, which is no container of the task; it has ${all.join(", ")}. Name one of them, or leave it out.`,
      );
    }
  }
}

/** Names from one back to itself; undefined where there is no way. */
function circleIn(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(name)) return [...way.slice(way.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const next of graph.get(name) ?? []) {
      const circle = visit(next, [...way, name]);
      if (circle !== undefined) return circle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of graph.keys()) {
    const circle = visit(name, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
