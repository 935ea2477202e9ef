/** Who gives proxies the certificates by which they know each other. */
export interface WorkloadIssuer {
  /** A certificate for a name, a URI, with its private key. */
  issue(name: string): Promise<WorkloadCertificate>;
  /** Who signs them, now and in the recent past, in PEM; undefined where that is not known yet. */
  trust(): string | undefined;
  /** Who signs now: certificates of another are replaced. Undefined where that is not known yet. */
  signer(): string | undefined;
  /** Calls back when trust, or who signs, has changed. Returns what ends that. */
  onChanged(listener: () => void): () => void;
}

export interface WorkloadCertificate {
  /** PEM: its own, then those up to, and without, the one that is trusted. */
  readonly certificate: string;
  readonly issuers: string;
  readonly privateKey: string;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** As `WorkloadIssuer.signer` names it. */
  readonly signer: string;
}
