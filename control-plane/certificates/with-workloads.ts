import type { ManagedTls, ManagedTlsSetting } from "../translate/entities.js";
import { including } from "../translate/including.js";
import type { MeshChange, MeshSource } from "../xds/source.js";
import type { WorkloadIssuer } from "./workload-issuer.js";
import { Workloads, type WorkloadsOptions } from "./workloads.js";

export interface WithWorkloadsOptions extends Pick<WorkloadsOptions, "failed" | "retryMillis"> {
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

interface Looker {
  readonly meshName: string;
  readonly meshOwner: string | undefined;
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
  const listeners = new Set<(change: MeshChange) => void>();
  const lookers = new Map<string, Looker>();
  const tell = ({ meshName, meshOwner = "" }: Looker, read: string) => {
    for (const listener of [...listeners]) listener({ meshName, meshOwner, reads: [read] });
  };
  const workloads = new Workloads({
    ...options,
    changed: (name) => {
      for (const looker of lookers.values()) {
        const entity = entityOf(name, prefixOf(looker));
        if (entity !== undefined) tell(looker, `workloadCertificate/${entity}`);
      }
    },
    trustChanged: () => {
      for (const looker of lookers.values()) tell(looker, "workloadTrust");
    },
  });
  const prefixOf = ({ meshName, meshOwner }: Looker) => options.names(meshName, meshOwner);
  const lookerOf = (meshName: string, meshOwner: string | undefined): Looker => {
    const key = keyOf(meshName, meshOwner);
    const known = lookers.get(key);
    if (known) return known;
    const looker: Looker = { meshName, meshOwner, managed: undefined, timer: undefined };
    lookers.set(key, looker);
    return looker;
  };
  const managedTls = (looker: Looker, setting: ManagedTlsSetting | undefined): ManagedTls | undefined => {
    clearTimeout(looker.timer);
    if (setting === undefined) return undefined;
    const seconds = Date.now() / 1000;
    const { listeners: taken, callers, until } = options.stepOf(setting, seconds);
    if (until !== undefined) {
      const millis = Math.min((until - seconds) * 1000 + 1, LONGEST_TIMER);
      looker.timer = setTimeout(() => tell(looker, "managedTls"), millis).unref();
    }
    if (taken === "plaintext") return undefined;
    const { managed } = looker;
    if (managed?.listeners !== taken || managed.callers !== callers) {
      looker.managed = { listeners: taken, callers, names: prefixOf(looker) };
    }
    return looker.managed;
  };
  return {
    entities(meshName, meshOwner) {
      const entities = source.entities(meshName, meshOwner);
      const looker = lookerOf(meshName, meshOwner);
      return including(entities, {
        managedTls: () => managedTls(looker, entities.settings?.().managedTls),
        workloadCertificate: (entity) =>
          workloads.certificate(nameOf(entity, prefixOf(looker)), keyOf(meshName, meshOwner)),
        workloadTrust: () => workloads.trust(),
      });
    },
    subscribe(listener) {
      const unsubscribe = source.subscribe(listener);
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        unsubscribe();
      };
    },
    forget(meshName, meshOwner, read) {
      source.forget?.(meshName, meshOwner, read);
      const looker = lookerOf(meshName, meshOwner);
      if (read === "managedTls") clearTimeout(looker.timer);
      const entity = /^workloadCertificate\/(.*)$/s.exec(read)?.[1];
      if (entity !== undefined) {
        workloads.forget(nameOf(entity, prefixOf(looker)), keyOf(meshName, meshOwner));
      }
    },
    close() {
      workloads.close();
      for (const { timer } of lookers.values()) clearTimeout(timer);
    },
  };
}

const keyOf = (meshName: string, meshOwner: string | undefined): string =>
  JSON.stringify([meshName, meshOwner]);

const nameOf = (entity: string, prefix: string): string => {
  const [kind = "", name = ""] = entity.split("/");
  return `${prefix}${kind}/${encodeURIComponent(name)}`;
};

const entityOf = (name: string, prefix: string): string | undefined =>
  name.startsWith(prefix) ? decodeURIComponent(name.slice(prefix.length)) : undefined;
