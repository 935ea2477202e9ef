import type { Partly } from "../partly.js";
import type { MeshOptions } from "./mesh-options.js";
import type { TaskVolume } from "./task-volume.js";

/** NFS, by which file systems are mounted. */
const fileSystemPort = 2049;

/** Whether a task has volumes that are reached by its network. */
const mountsFileSystems = (volumes: readonly Partly<TaskVolume | undefined>[]): boolean =>
  volumes.some(
    (volume) =>
      volume?.efsVolumeConfiguration !== undefined || volume?.s3filesVolumeConfiguration !== undefined,
  );

/**
 * The options of a task with such volumes. They are mounted in the task's network before any container runs: redirected to an
 * Envoy that is not there yet, the task would never start.
 */
export function withFileSystems<O extends Partly<MeshOptions>>(
  options: O,
  volumes: readonly Partly<TaskVolume | undefined>[] = [],
): O {
  const { interception = {}, virtualNode } = options;
  const { mode, egressIgnoredPorts = [] } = interception;
  if (virtualNode === undefined || mode === "explicit" || !mountsFileSystems(volumes)) return options;
  if (egressIgnoredPorts.includes(fileSystemPort)) return options;
  return {
    ...options,
    interception: { ...interception, egressIgnoredPorts: [...egressIgnoredPorts, fileSystemPort] },
  };
}
