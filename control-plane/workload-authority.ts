import { X509Certificate } from "node:crypto";
import type { WorkloadIssuer } from "./certificates/workload-issuer.js";
import { type Authorities, authorityIdOf } from "./identity/proxies/authorities.js";

export interface WorkloadAuthorityOptions {
  readonly authorities: Authorities;
  /** How long certificates are valid, in seconds. */
  readonly lifeSeconds: number;
  /** Milliseconds since 1970, by the clock of all that share the store. */
  readonly now: () => number;
}

/** Clocks of those who look at it may be behind by so much, as for all certificates of the control plane. */
const SKEW_MILLISECONDS = 60 * 60_000;

/** The control plane's own authority of workloads, as what issues certificates to proxies. */
export const workloadAuthority = ({
  authorities,
  lifeSeconds,
  now: clock,
}: WorkloadAuthorityOptions): WorkloadIssuer => ({
  async issue(name) {
    const signer = await authorities.signer("workloads");
    const now = clock();
    const { certificate, issuers, key } = await signer.issue({
      commonName: (name.split("/").at(-1) ?? "").slice(0, 64),
      uris: [name],
      usages: ["server", "client"],
      notBefore: new Date(now - SKEW_MILLISECONDS),
      notAfter: new Date(now + lifeSeconds * 1000),
    });
    return {
      certificate,
      issuers,
      privateKey: key,
      notBefore: now,
      notAfter: new X509Certificate(certificate).validToDate.getTime(),
      signer: authorityIdOf(signer.certificate),
    };
  },
  // Proxies that were told of less than all would refuse each other: they keep what they have until all can be read.
  trust: () => (authorities.areAll && authorities.trust("workloads")) || undefined,
  signer: () => authorities.signerId("workloads"),
  onChanged: (listener) => authorities.onChanged(listener),
});
