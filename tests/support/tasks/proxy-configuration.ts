// What the ECS agent and its CNI plugin aws-appmesh make of a task definition's proxyConfiguration, by their own
// rules: written apart from the product's, which are tested against these.
import { isIP } from "node:net";
import { Unsupported } from "./container-group.js";

export interface ProxyConfiguration {
  readonly type?: string;
  readonly containerName: string;
  readonly properties?: readonly { readonly name?: string; readonly value?: string }[];
}

const known = [
  ...["IgnoredUID", "IgnoredGID", "AppPorts", "ProxyIngressPort", "ProxyEgressPort"],
  ...["EgressIgnoredPorts", "EgressIgnoredIPs"],
];

/** One rule of the plugin names no more ports than this; it leaves out the others, and says so in a log of its own. */
const portsOfARule = 15;

/** The calls of iptables, in the plugin's order. */
export function redirectionOf(
  { type, containerName, properties = [] }: ProxyConfiguration,
  containers: readonly string[],
): readonly (readonly string[])[] {
  const path = "proxyConfiguration";
  if (type !== undefined && type !== "APPMESH") {
    throw new Unsupported(`${path}.type: given ${type}, expected APPMESH`);
  }
  if (!containers.includes(containerName)) {
    throw new Unsupported(`${path}.containerName: the task has no container ${containerName}`);
  }
  const values = new Map(properties.map(({ name = "", value = "" }) => [name, value]));
  for (const name of values.keys()) {
    if (!known.includes(name)) {
      throw new Unsupported(`${path}.properties: ${name} is none of ${known.join(", ")}`);
    }
  }
  const list = (name: string) => (values.get(name) ?? "").split(",").filter((item) => item !== "");
  const uid = values.get("IgnoredUID") ?? "";
  const gid = values.get("IgnoredGID") ?? "";
  const [ingressPort = "", egressPort = ""] = [values.get("ProxyIngressPort"), values.get("ProxyEgressPort")];
  if (uid === "" && gid === "") throw new Unsupported(`${path}: IgnoredUID or IgnoredGID is missing`);
  if (egressPort === "") throw new Unsupported(`${path}: ProxyEgressPort is missing`);
  const [appPorts, ignoredPorts] = [list("AppPorts"), list("EgressIgnoredPorts")];
  if (ingressPort === "" && appPorts.length > 0)
    throw new Unsupported(`${path}: ProxyIngressPort is missing`);
  if (ingressPort !== "" && appPorts.length === 0)
    throw new Unsupported(`${path}: AppPorts is missing, beside ProxyIngressPort`);
  const ports = [...appPorts, ...ignoredPorts, egressPort, ...(ingressPort === "" ? [] : [ingressPort])];
  for (const port of ports) {
    if (!/^\d+$/.test(port) || Number(port) === 0) throw new Unsupported(`${path}: ${port} is no port`);
  }
  const ips = list("EgressIgnoredIPs").map((ip) => ip.trim());
  for (const ip of ips) {
    if (isIP(ip.replace(/\/\d+$/, "")) === 0) throw new Unsupported(`${path}: ${ip} is no address`);
  }
  // The agent adds the end points of a task's metadata and of its machine's.
  const ignoredIps = [...new Set([...ips, "169.254.170.2", "169.254.169.254"])];
  // IPv6 only where the task's network interface has an address of it, which those of this harness have not.
  const ipv4 = ignoredIps.filter((ip) => !ip.includes(":"));

  const nat = (...args: readonly string[]) => ["iptables", "-w", "-t", "nat", ...args];
  const multiport = (list: readonly string[]) => [
    ...["-p", "tcp", "-m", "multiport", "--dports", list.slice(0, portsOfARule).join(",")],
  ];
  const ingress =
    ingressPort === "" || appPorts.length === 0
      ? []
      : [
          nat("-N", "APPMESH_INGRESS"),
          nat("-A", "APPMESH_INGRESS", ...multiport(appPorts), "-j", "REDIRECT", "--to-port", ingressPort),
          nat(
            ...["-A", "PREROUTING", "-p", "tcp", "-m", "addrtype", "!", "--src-type", "LOCAL"],
            ...["-j", "APPMESH_INGRESS"],
          ),
        ];
  const owner = (kind: string, id: string) =>
    id === "" ? [] : [nat("-A", "APPMESH_EGRESS", "-m", "owner", `--${kind}-owner`, id, "-j", "RETURN")];
  return [
    ...ingress,
    nat("-N", "APPMESH_EGRESS"),
    ...owner("uid", uid),
    ...owner("gid", gid),
    ...(ignoredPorts.length > 0
      ? [nat("-A", "APPMESH_EGRESS", ...multiport(ignoredPorts), "-j", "RETURN")]
      : []),
    nat("-A", "APPMESH_EGRESS", "-p", "tcp", "-d", ipv4.join(","), "-j", "RETURN"),
    nat("-A", "APPMESH_EGRESS", "-p", "tcp", "-j", "REDIRECT", "--to-ports", egressPort),
    nat("-A", "OUTPUT", "-p", "tcp", "-m", "addrtype", "!", "--dst-type", "LOCAL", "-j", "APPMESH_EGRESS"),
  ];
}
