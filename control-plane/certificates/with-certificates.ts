import { including } from "../translate/including.js";
import type { MeshChange, MeshSource } from "../xds/source.js";
import { Exports, type ExportsOptions, type Wanted } from "./exports.js";

export type WithCertificatesOptions = Omit<ExportsOptions, "changed">;

export interface CertificatesSource extends MeshSource {
  /** What is asked for because a proxy is told of it. */
  readonly wanted: readonly Wanted[];
  /** Asks for nothing any more. */
  close(): void;
}

/**
 * A source of meshes that knows the certificates which entities name by ARN too. Each is asked for from the first time
 * that it is read until it is forgotten, once for all meshes that read it.
 */
export function withCertificates(source: MeshSource, options: WithCertificatesOptions): CertificatesSource {
  const listeners = new Set<(change: MeshChange) => void>();
  const exports = new Exports({
    ...options,
    changed: (wanted, lookers) => {
      for (const looker of lookers) {
        const [meshName = "", meshOwner = ""] = JSON.parse(looker) as string[];
        for (const listener of [...listeners]) listener({ meshName, meshOwner, reads: [readName(wanted)] });
      }
    },
  });
  return {
    get wanted() {
      return exports.wanted;
    },
    entities(meshName, meshOwner) {
      const looker = lookerOf(meshName, meshOwner);
      return including(source.entities(meshName, meshOwner), {
        certificate: (arn) => exports.certificate(arn, looker),
        certificateAuthority: (arn) => exports.certificateAuthority(arn, looker),
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
      for (const wanted of exports.wanted) if (readName(wanted) === read) exports.forget(wanted, looker);
    },
    close: () => exports.close(),
  };
}

/** Meshes of different owners may have the same name. */
const lookerOf = (meshName: string, meshOwner = "") => JSON.stringify([meshName, meshOwner]);

const readName = ({ kind, arn }: Wanted) => `${kind}/${arn}`;
