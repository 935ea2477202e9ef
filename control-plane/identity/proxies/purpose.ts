/**
 * What an authority signs: `proxies`, the certificates by which proxies and the control plane know each other;
 * `workloads`, those by which proxies know each other. What one of them signs is nothing to those who ask for the other.
 */
export type Purpose = "proxies" | "workloads";
export const purposes: readonly Purpose[] = ["proxies", "workloads"];
