import { extended } from "../source/extended.js";
import type { MeshSource } from "../source/mesh-source.js";
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
  const exports = new Exports({
    ...options,
    changed: (wanted, meshes) => {
      for (const mesh of meshes) known.tell(mesh, readName(wanted));
    },
  });
  const known = extended(source, {
    reads: (_, mesh) => ({
      certificate: (arn) => exports.certificate(arn, mesh),
      certificateAuthority: (arn) => exports.certificateAuthority(arn, mesh),
    }),
    forget(read, mesh) {
      for (const wanted of exports.wanted) if (readName(wanted) === read) exports.forget(wanted, mesh);
    },
  });
  return {
    ...known,
    get wanted() {
      return exports.wanted;
    },
    close: () => exports.close(),
  };
}

const readName = ({ kind, arn }: Wanted) => `${kind}/${arn}`;
