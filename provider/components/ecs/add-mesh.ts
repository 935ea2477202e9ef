import { formatViolation, type Violation, validate } from "@pulumi-appmesh/model";
import { violation } from "../check.js";
import { applicationContainer, isIndependent } from "./application.js";
import { meshViolations } from "./check-mesh.js";
import { type ContainerDefinition, ContainerDefinitions } from "./container-definition.js";
import { drainContainer } from "./drain-container.js";
import { envoyContainer } from "./envoy-container.js";
import { MeshOptions } from "./mesh-options.js";
import { namesOf, type Plan, planOf } from "./plan.js";
import { type ProxyConfiguration, proxyConfiguration } from "./proxy-configuration.js";
import { redirectContainer } from "./redirect-container.js";
import { taskSize } from "./task-size.js";
import { tracerContainer } from "./tracer-container.js";

/** What a task definition has of the mesh, in the words of ECS's RegisterTaskDefinition. */
export interface MeshedTask {
  /** The containers that were given, each waiting for Envoy, and those that the mesh adds. */
  readonly containerDefinitions: readonly ContainerDefinition[];
  /** How ECS redirects traffic to Envoy, where it does. */
  readonly proxyConfiguration?: ProxyConfiguration;
  /** Size of the task, where it has one. */
  readonly cpu?: string;
  readonly memory?: string;
  readonly networkMode: "awsvpc";
  readonly requiresCompatibilities: readonly string[];
}

/** Container definitions or options that no task could be made of: the message tells everything that is wrong. */
export class MeshTaskError extends Error {
  override readonly name = "MeshTaskError";
  constructor(readonly violations: readonly Violation[]) {
    super(
      `no task of the mesh can be made of this:\n${violations.map((found) => `  ${formatViolation(found)}`).join("\n")}`,
    );
  }
}

/**
 * Puts Envoy, and what else the mesh needs, beside the containers of an ECS task.
 *
 * @param containerDefinitions The task's own containers, in the words of ECS's JSON. They are not changed.
 * @param options Which mesh, and how.
 * @throws MeshTaskError where something is wrong with either.
 */
export function addMesh(
  containerDefinitions: readonly ContainerDefinition[],
  options: MeshOptions,
): MeshedTask {
  const ofShape = [
    ...validate(ContainerDefinitions, containerDefinitions, { path: ["containerDefinitions"] }),
    ...validate(MeshOptions, options),
  ];
  const wrong = ofShape.length > 0 ? ofShape : [...meshViolations(containerDefinitions, options)];
  if (wrong.length > 0) throw new MeshTaskError(wrong);

  const plan = planOf(containerDefinitions, options);
  const all = containersOf(containerDefinitions, plan, options);
  const size = taskSize(containerDefinitions, options);
  if ("message" in size) throw new MeshTaskError([size]);
  const proxy = proxyConfiguration(plan);
  const task: MeshedTask = {
    containerDefinitions: all,
    ...(proxy && { proxyConfiguration: proxy }),
    ...(size.cpu !== undefined && { cpu: String(size.cpu) }),
    ...(size.memory !== undefined && { memory: String(size.memory) }),
    networkMode: "awsvpc",
    requiresCompatibilities: options.requiresCompatibilities ?? ["FARGATE"],
  };
  checkLength(task);
  return task;
}

function containersOf(
  given: readonly ContainerDefinition[],
  plan: Plan,
  options: MeshOptions,
): readonly ContainerDefinition[] {
  const names = namesOf(options);
  const waiting = given.filter((container) => !isIndependent(container, options));
  const tracer = tracerContainer(plan);
  const redirect = names.redirect === undefined ? undefined : redirectContainer(plan, names.redirect);
  const envoy = withDependencies(envoyContainer(plan), [
    ...(redirect === undefined
      ? []
      : [{ containerName: redirect.name ?? "", condition: "SUCCESS" as const }]),
    // Only for the order: requests are served whether they can be traced or not.
    ...(tracer === undefined ? [] : [{ containerName: tracer.name ?? "", condition: "START" as const }]),
  ]);
  // What ends early cannot be waited for: ECS would not start what waits for it.
  const serving = waiting.filter(
    ({ essential, portMappings = [] }) => essential !== false || portMappings.length > 0,
  );
  const drain =
    names.drain === undefined
      ? undefined
      : drainContainer(
          plan,
          names.drain,
          serving.map(({ name = "" }) => name),
        );
  const all = [
    ...given.map((container) =>
      waiting.includes(container) ? applicationContainer(container, plan) : container,
    ),
    envoy,
    tracer,
    drain,
    redirect,
  ].filter((container) => container !== undefined);
  const { logConfiguration } = options;
  return logConfiguration === undefined
    ? all
    : all.map((container) =>
        // A log router cannot be its own.
        logConfiguration.logDriver === "awsfirelens" && container.firelensConfiguration !== undefined
          ? container
          : { ...container, logConfiguration: container.logConfiguration ?? logConfiguration },
      );
}

const withDependencies = (
  container: ContainerDefinition,
  added: NonNullable<ContainerDefinition["dependsOn"]>,
): ContainerDefinition => {
  const dependsOn = [...added, ...(container.dependsOn ?? [])];
  return dependsOn.length === 0 ? container : { ...container, dependsOn };
};

/** ECS takes no larger ones. */
const maxBytes = 65_536;

function checkLength({ containerDefinitions }: MeshedTask): void {
  const bytes = Buffer.byteLength(JSON.stringify(containerDefinitions));
  if (bytes <= maxBytes) return;
  throw new MeshTaskError([
    violation(
      ["containerDefinitions"],
      undefined,
      `with the containers of the mesh they are ${bytes} bytes; ECS takes up to ${maxBytes}. Move long values to ` +
        "environmentFiles or secrets.",
    ),
  ]);
}
