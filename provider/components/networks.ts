import { isIP } from "node:net";
import type { Path, Violation } from "@pulumi-appmesh/model";
import { violation } from "./check.js";

/** Whether it is a network with the length of its prefix, as 10.0.0.0/16. */
export function isNetwork(text: string): boolean {
  const [address = "", prefix = "", ...more] = text.split("/");
  const version = isIP(address);
  return (
    more.length === 0 &&
    version !== 0 &&
    /^\d{1,3}$/.test(prefix) &&
    Number(prefix) <= (version === 4 ? 32 : 128)
  );
}

/** What iptables would not take as what is called past Envoy: with it, no task or pod would start. */
export function* ignoredIpViolations(
  path: Path,
  ips: readonly (string | undefined)[] = [],
): Generator<Violation> {
  for (const [index, ip] of ips.entries()) {
    if (ip === undefined || isIP(ip) !== 0 || isNetwork(ip)) continue;
    yield violation(
      [...path, index],
      ip,
      `${JSON.stringify(ip)} was given; an IP address or a network with the length of its prefix is allowed, as 10.0.0.5 or ` +
        "10.0.0.0/16. What has a name alone is called past Envoy by its port, in egressIgnoredPorts.",
    );
  }
}
