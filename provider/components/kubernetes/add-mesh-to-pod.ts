import { formatViolation, type Violation, validate } from "@pulumi-appmesh/model";
import { defaultAdminPort, defaultDrain } from "../sidecar/defaults.js";
import { withExplicitVariables } from "../sidecar/explicit-variables.js";
import { podViolations } from "./check-pod.js";
import { MeshPodOptions } from "./mesh-pod-options.js";
import { envoySidecar, gatewayContainer, redirectContainer, tracerContainer } from "./pod-containers.js";
import { identityOf, listenerPortsOf, metadataAddresses, proxyOf, volumes } from "./pod-plan.js";
import type { Container, PodSpec, Volume } from "./pod-spec.js";
import { probed } from "./probes.js";

/** A pod's spec or options that no pod of a mesh could be made of: the message tells everything that is wrong. */
export class MeshPodError extends Error {
  override readonly name = "MeshPodError";
  constructor(readonly violations: readonly Violation[]) {
    super(
      `no pod of the mesh can be made of this:\n${violations.map((found) => `  ${formatViolation(found)}`).join("\n")}`,
    );
  }
}

const defaultGrace = 30;

/**
 * Puts plain Envoy, and what else the mesh needs, into a Kubernetes pod. It needs Kubernetes 1.30 or newer, for
 * sidecars and for sleeping before the stop.
 *
 * @param podSpec The spec of the pod, in Kubernetes' words. It is not changed. That of a virtual gateway may have no container.
 * @param options Which mesh, and how.
 * @throws MeshPodError where something is wrong with either.
 */
export function addMeshToPod(podSpec: PodSpec, options: MeshPodOptions): PodSpec {
  const ofShape = validate(MeshPodOptions, options);
  const wrong = ofShape.length > 0 ? ofShape : [...podViolations(podSpec, options)];
  if (wrong.length > 0) throw new MeshPodError(wrong);

  const listenerPorts = listenerPortsOf(podSpec, options);
  const { drainSeconds = defaultDrain } = options;
  const grace = (podSpec.terminationGracePeriodSeconds ?? defaultGrace) + drainSeconds;
  if (options.virtualGateway !== undefined) {
    const tracer = tracerContainer(options);
    const initContainers = [...(tracer === undefined ? [] : [tracer]), ...(podSpec.initContainers ?? [])];
    return {
      ...podSpec,
      ...(initContainers.length > 0 && { initContainers }),
      containers: [gatewayContainer(options, listenerPorts), ...(podSpec.containers ?? [])],
      ...volumesOf(podSpec, options),
      terminationGracePeriodSeconds: grace,
    };
  }
  const application = (container: Container): Container => withVariables(container, options, listenerPorts);
  const { podSpec: asked, probes } = probed(podSpec, options, listenerPorts);
  return {
    ...podSpec,
    initContainers: [
      redirectContainer(options, listenerPorts),
      tracerContainer(options),
      envoySidecar(options, probes),
      ...(asked.initContainers ?? []).map(application),
    ].filter((container) => container !== undefined),
    containers: asked.containers.map((container) => waiting(application(container), drainSeconds)),
    ...volumesOf(podSpec, options),
    terminationGracePeriodSeconds: grace,
  };
}

/** Told to stop only when Envoy has drained. */
function waiting(container: Container, drainSeconds: number): Container {
  if (drainSeconds === 0 || container.lifecycle?.preStop !== undefined) return container;
  return {
    ...container,
    lifecycle: { ...container.lifecycle, preStop: { sleep: { seconds: drainSeconds } } },
  };
}

function volumesOf(
  { volumes: given = [] }: PodSpec,
  options: MeshPodOptions,
): { readonly volumes?: readonly Volume[] } {
  const { tls, sources } = identityOf(options);
  const all: readonly Volume[] = [
    ...given,
    // Envoy's user is another than that of the application, and no other container mounts it.
    ...(sources.length > 0 ? [{ name: volumes.identity, projected: { defaultMode: 0o444, sources } }] : []),
    ...(tls === undefined ? [] : [{ name: volumes.watched, emptyDir: { medium: "Memory" } }]),
  ];
  return all.length > 0 ? { volumes: all } : {};
}

/** What an application in explicit interception is told by. */
function withVariables(
  container: Container,
  options: MeshPodOptions,
  listenerPorts: readonly number[],
): Container {
  const { interception, envoy, meshName } = options;
  if (interception?.mode !== "explicit") return container;
  return {
    ...container,
    env: withExplicitVariables(container.env ?? [], {
      mesh: meshName,
      virtualNode: proxyOf(options).name,
      adminPort: envoy?.adminPort ?? defaultAdminPort,
      appPorts: listenerPorts.flatMap((port) => interception.appPorts?.[port] ?? []),
      past: metadataAddresses,
    }),
  };
}
