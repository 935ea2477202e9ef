import { extended, meshOfKey } from "../source/extended.js";
import type { MeshSource } from "../source/mesh-source.js";
import type { ManagedTls, ManagedTlsSetting } from "../translate/entities.js";
import type { WorkloadIssuer } from "./workload-issuer.js";
import { Workloads, type WorkloadsOptions } from "./workloads.js";

export interface WithWorkloadsOptions extends Pick<WorkloadsOptions, "failed" | "retryMillis" | "now"> {
  readonly issuer: WorkloadIssuer;
  /** What the names of a mesh's proxies begin with: `spiffe://appmesh.local/mesh/shop/`. */
  readonly names: (meshName: string, meshOwner: string | undefined) => string;
  /** What a setting means at a time, in seconds since 1970, and until when. */
  readonly stepOf: (setting: ManagedTlsSetting, seconds: number) => ManagedTlsStep;
}

export interface ManagedTlsStep {
  readonly listeners: "plaintext" | "both" | "tls";
  readonly callers: "plaintext" | "tls";
  /** Seconds since 1970; undefined: for good. */
  readonly until: number | undefined;
}

export interface WorkloadsSource extends MeshSource {
  /** Issues nothing any more. */
  close(): void;
}

/** What was last read of a mesh that asks for certificates. */
interface Reading {
  managed: ManagedTls | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** The longest time that a timer of Node's takes. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * A source of meshes whose proxies get certificates of the control plane's own, where the mesh's settings ask for that. Each
 * is issued from the first time that it is read until it is forgotten.
 */
export function withWorkloads(source: MeshSource, options: WithWorkloadsOptions): WorkloadsSource {
  const readings = new Map<string, Reading>();
  const prefixOf = (mesh: string) => {
    const { meshName, meshOwner } = meshOfKey(mesh);
    return options.names(meshName, meshOwner);
  };
  const workloads = new Workloads({
    ...options,
    changed: (name) => {
      for (const mesh of readings.keys()) {
        const entity = entityOf(name, prefixOf(mesh));
        if (entity !== undefined) known.tell(mesh, `workloadCertificate/${entity}`);
      }
    },
    trustChanged: () => {
      for (const mesh of readings.keys()) known.tell(mesh, "workloadTrust");
    },
  });
  const readingOf = (mesh: string): Reading => {
    const reading = readings.get(mesh) ?? { managed: undefined, timer: undefined };
    readings.set(mesh, reading);
    return reading;
  };
  const managedTls = (mesh: string, setting: ManagedTlsSetting | undefined): ManagedTls | undefined => {
    const reading = readingOf(mesh);
    clearTimeout(reading.timer);
    if (setting === undefined) return undefined;
    const seconds = (options.now ?? Date.now)() / 1000;
    const { listeners, callers, until } = options.stepOf(setting, seconds);
    if (until !== undefined) {
      const millis = Math.min((until - seconds) * 1000 + 1, LONGEST_TIMER);
      reading.timer = setTimeout(() => known.tell(mesh, "managedTls"), millis).unref();
    }
    if (listeners === "plaintext") return undefined;
    const { managed } = reading;
    if (managed?.listeners !== listeners || managed.callers !== callers) {
      reading.managed = { listeners, callers, names: prefixOf(mesh) };
    }
    return reading.managed;
  };
  const known = extended(source, {
    reads(entities, mesh) {
      readingOf(mesh);
      return {
        managedTls: () => managedTls(mesh, entities.settings?.().managedTls),
        workloadCertificate: (entity) => workloads.certificate(nameOf(entity, prefixOf(mesh)), mesh),
        workloadTrust: () => workloads.trust(),
      };
    },
    forget(read, mesh) {
      if (read === "managedTls") clearTimeout(readings.get(mesh)?.timer);
      const entity = /^workloadCertificate\/(.*)$/s.exec(read)?.[1];
      if (entity !== undefined) workloads.forget(nameOf(entity, prefixOf(mesh)), mesh);
    },
  });
  return {
    ...known,
    close() {
      workloads.close();
      for (const { timer } of readings.values()) clearTimeout(timer);
    },
  };
}

const nameOf = (entity: string, prefix: string): string => {
  const [kind = "", name = ""] = entity.split("/");
  return `${prefix}${kind}/${encodeURIComponent(name)}`;
};

const entityOf = (name: string, prefix: string): string | undefined =>
  name.startsWith(prefix) ? decodeURIComponent(name.slice(prefix.length)) : undefined;
