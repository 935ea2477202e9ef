import type { Path, Violation } from "@pulumi-appmesh/model";
import { violation } from "../check.js";
import { imageViolations } from "../image.js";
import { envoyUser } from "../sidecar/defaults.js";
import { isIndependent } from "./application.js";
import { addedNames, dependencyViolations } from "./check-dependencies.js";
import { fargateViolations } from "./check-fargate.js";
import { logViolations, routerViolations } from "./check-logs.js";
import type { ContainerDefinition } from "./container-definition.js";
import type { Given, GivenContainer } from "./given.js";
import type { MeshOptions } from "./mesh-options.js";

/** Of a task definition (Amazon ECS service quotas). It cannot be raised. */
const mostContainers = 10;

/** What is wrong with each of a task's own containers, and with how they fit together. */
export function* containerViolations(given: Given): Generator<Violation> {
  const { containers, options } = given;
  if (options.virtualNode !== undefined && containers.length === 0 && !given.isOpen("containerDefinitions")) {
    yield violation(
      ["containerDefinitions"],
      [],
      "no container was given; at least one is required: a virtual node is an application. For an Envoy by itself, give " +
        "virtualGateway.",
    );
  }
  const own = addedNames(given);
  const names = new Map<string, number>();
  for (const [index, container] of containers.entries()) {
    if (container === undefined) continue;
    const path = ["containerDefinitions", index] as const;
    yield* nameViolations(container, path, names, own, given);
    yield* imageOf(container, path, given);
    yield* platformViolations(container, path, given);
    yield* variableViolations(container, path);
    yield* healthViolations(container, path);
  }
  if (given.fargate === true) yield* logViolations(options.logConfiguration, ["logConfiguration"], given);
  yield* routerViolations(given);
  const count = containers.length + own.length;
  if (count > mostContainers) {
    yield violation(
      ["containerDefinitions"],
      containers,
      `with those of the mesh, ${own.join(", ")}, the task has ${count} containers; ECS takes up to ${mostContainers}. Leave out ` +
        `${count - mostContainers}, or make another task of them.`,
    );
  }
  yield* dependencyViolations(given);
  yield* independentViolations(given, names);
}

function* nameViolations(
  { name }: GivenContainer,
  path: Path,
  names: Map<string, number>,
  own: readonly string[],
  given: Given,
): Generator<Violation> {
  const at = [...path, "name"];
  if (name === undefined) {
    if (!given.isOpen(...at))
      yield violation(
        at,
        undefined,
        "nothing was given; a name is required, which no other container of the task has.",
      );
    return;
  }
  const first = names.get(name);
  if (first !== undefined) {
    yield violation(
      at,
      name,
      `${JSON.stringify(name)} was given, the name of containerDefinitions[${first}]; a name that no other container of ` +
        "the task has is allowed.",
    );
  } else names.set(name, Number(path[1]));
  if (own.includes(name)) {
    const rename = name.startsWith(own[0] ?? "") ? " Rename it, or give envoy.name." : " Rename it.";
    yield violation(
      at,
      name,
      `${JSON.stringify(name)} was given, the name of a container that the mesh adds; any but ${own.join(", ")} is ` +
        `allowed.${rename}`,
    );
  }
}

function* imageOf({ image }: GivenContainer, path: Path, given: Given): Generator<Violation> {
  const at = [...path, "image"];
  if (image !== undefined) yield* imageViolations(at, image);
  else if (!given.isOpen(...at))
    yield violation(at, undefined, "nothing was given; an image with a tag or a digest is required.");
}

function* platformViolations(container: GivenContainer, path: Path, given: Given): Generator<Violation> {
  const { user, links, hostname, portMappings = [] } = container;
  const { dnsServers, dnsSearchDomains, extraHosts } = container;
  const { mode } = given;
  const redirected = given.options.virtualNode !== undefined && mode !== undefined && mode !== "explicit";
  // What runs before Envoy has no other way to call anybody.
  const independent =
    isIndependent(container as ContainerDefinition, given.options as MeshOptions) ||
    given.isOpen("independentContainers") ||
    given.isOpen(...path, "name");
  if (redirected && !independent && user !== undefined && user.split(":")[0] === String(envoyUser)) {
    yield violation(
      [...path, "user"],
      user,
      `${JSON.stringify(user)} was given, Envoy's own user, whose traffic is not redirected: the container would be outside ` +
        "of the mesh. Give it another user, or name it in independentContainers.",
    );
  }
  for (const [member, value] of Object.entries({
    links,
    hostname,
    dnsServers,
    dnsSearchDomains,
    extraHosts,
  })) {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    yield violation(
      [...path, member],
      value,
      "it was given; containers of an awsvpc network have none: they reach each other at 127.0.0.1, and all else by the DNS of " +
        "the VPC. Leave it out.",
    );
  }
  for (const [index, mapping] of portMappings.entries()) {
    const { hostPort, containerPort } = mapping ?? {};
    if (hostPort === undefined || containerPort === undefined || hostPort === containerPort) continue;
    yield violation(
      [...path, "portMappings", index, "hostPort"],
      hostPort,
      `${hostPort} was given; in an awsvpc network it is the containerPort, ${containerPort}. Leave it out.`,
    );
  }
  if (given.fargate === true) yield* fargateViolations(container, path, given);
}

function* healthViolations({ healthCheck }: GivenContainer, path: Path): Generator<Violation> {
  const [first] = healthCheck?.command ?? [];
  if (first === undefined || ["CMD", "CMD-SHELL", "NONE"].includes(first)) return;
  yield violation(
    [...path, "healthCheck", "command", 0],
    first,
    `${JSON.stringify(first)} was given; "CMD" before the command and its arguments, or "CMD-SHELL" before one text for a shell, is ` +
      "required.",
  );
}

/** ECS refuses a variable that comes from two places. */
function* variableViolations(
  { environment = [], secrets = [], environmentFiles = [] }: GivenContainer,
  path: Path,
): Generator<Violation> {
  const seen = new Set<string>();
  for (const [list, items] of Object.entries({ environment, secrets })) {
    for (const [index, item] of items.entries()) {
      const name = item?.name;
      if (name === undefined) continue;
      if (seen.has(name)) {
        yield violation(
          [...path, list, index, "name"],
          name,
          `${JSON.stringify(name)} was given twice; each variable is allowed once, in environment or in secrets. Leave one of both out.`,
        );
      }
      seen.add(name);
    }
  }
  for (const [index, file] of environmentFiles.entries()) {
    if (file?.value === undefined || file.value.endsWith(".env")) continue;
    yield violation(
      [...path, "environmentFiles", index, "value"],
      file.value,
      `${JSON.stringify(file.value)} was given; the ARN of an object whose name ends with .env is allowed. Rename it.`,
    );
  }
  if (environmentFiles.length <= mostFiles) return;
  yield violation(
    [...path, "environmentFiles"],
    environmentFiles,
    `${environmentFiles.length} were given; ECS takes up to ${mostFiles}. Put them together.`,
  );
}

/** Of environment variables, for a container (Amazon ECS API Reference, ContainerDefinition). */
const mostFiles = 10;

function* independentViolations(given: Given, names: ReadonlyMap<string, number>): Generator<Violation> {
  const open =
    (given.containers.length === 0 && given.isOpen("containerDefinitions")) ||
    given.containers.some((_, index) => given.isOpen("containerDefinitions", index, "name"));
  for (const [index, name] of (given.options.independentContainers ?? []).entries()) {
    if (name === undefined || names.has(name) || open) continue;
    yield violation(
      ["independentContainers", index],
      name,
      `${JSON.stringify(name)} was given, which is none of the containerDefinitions; there are ${[...names.keys()].join(", ") || "none"}. ` +
        "Name one of them, or leave it out.",
    );
  }
}
