import { isIPv4 } from "node:net";

/**
 * What is redirected to a transparent proxy, in the network namespace that it shares with its application: the same
 * that App Mesh's init container and the ECS agent did.
 */
export interface Redirection {
  /** Whose traffic is not redirected: Envoy's own, which would come back to it for ever. One of both is given. */
  readonly ignoredUid?: number | undefined;
  readonly ignoredGid?: number | undefined;
  /** Where the proxy takes what comes from elsewhere. */
  readonly ingressPort: number;
  /** Where the proxy takes what goes elsewhere. */
  readonly egressPort: number;
  /** Ports of the application that others reach through the proxy. None: what comes in is left alone. */
  readonly appPorts: readonly number[];
  /** Addresses and networks that the application calls past the proxy, such as 169.254.169.254. */
  readonly egressIgnoredIps: readonly string[];
  /** Ports that it calls past the proxy. */
  readonly egressIgnoredPorts: readonly number[];
  /** IPv6 is redirected too. Where it is not, it goes past the proxy. */
  readonly ipv6: boolean;
}

/** One call of a program. */
export interface Step {
  readonly program: "iptables" | "ip6tables";
  readonly args: readonly string[];
}

const ingressChain = "APPMESH_INGRESS";
const egressChain = "APPMESH_EGRESS";

/** What lets traffic into a chain, put in place last and taken away first. */
const jumps = [
  // What a program of this machine says to itself is its own affair.
  ["PREROUTING", "-p", "tcp", "-m", "addrtype", "!", "--src-type", "LOCAL", "-j", ingressChain],
  ["OUTPUT", "-p", "tcp", "-m", "addrtype", "!", "--dst-type", "LOCAL", "-j", egressChain],
] as const;

/** As many ports as one rule can name. */
const portsPerRule = 15;

/** Puts the redirection in place, where there is none. Nothing is redirected before the last two steps. */
export function redirectSteps(redirection: Redirection): readonly Step[] {
  return families(redirection).flatMap((program) => [
    step(program, "-N", ingressChain),
    ...ingress(redirection).map((rule) => step(program, "-A", ingressChain, ...rule)),
    step(program, "-N", egressChain),
    ...egress(redirection, program).map((rule) => step(program, "-A", egressChain, ...rule)),
    ...jumps.map((jump) => step(program, "-A", ...jump)),
  ]);
}

/** Takes away what the above put in place. Each step fails where that is not there. */
export function removalSteps({ ipv6 }: Pick<Redirection, "ipv6">): readonly Step[] {
  return families({ ipv6 }).flatMap((program) => [
    ...jumps.map((jump) => step(program, "-D", ...jump)),
    ...[ingressChain, egressChain].flatMap((chain) => [
      step(program, "-F", chain),
      step(program, "-X", chain),
    ]),
  ]);
}

const families = ({ ipv6 }: Pick<Redirection, "ipv6">): readonly Step["program"][] =>
  ipv6 ? ["iptables", "ip6tables"] : ["iptables"];

/** Waits for others who change the tables at the same time. */
const step = (program: Step["program"], ...args: readonly string[]): Step => ({
  program,
  args: ["-w", "-t", "nat", ...args],
});

function ingress({ appPorts, ingressPort }: Redirection): readonly (readonly string[])[] {
  return portLists(appPorts).map((ports) => [
    ...["-p", "tcp", "-m", "multiport", "--dports", ports],
    ...["-j", "REDIRECT", "--to-ports", String(ingressPort)],
  ]);
}

function egress(redirection: Redirection, program: Step["program"]): readonly (readonly string[])[] {
  const { ignoredUid, ignoredGid, egressIgnoredIps, egressIgnoredPorts, egressPort } = redirection;
  const owner = (kind: string, id: number | undefined) =>
    id === undefined ? [] : [["-m", "owner", `--${kind}-owner`, String(id), "-j", "RETURN"]];
  return [
    ...owner("uid", ignoredUid),
    ...owner("gid", ignoredGid),
    ...portLists(egressIgnoredPorts).map((ports) => [
      ...["-p", "tcp", "-m", "multiport", "--dports", ports],
      ...["-j", "RETURN"],
    ]),
    ...egressIgnoredIps
      .filter((ip) => isIPv4(ip.split("/")[0] ?? "") === (program === "iptables"))
      .map((ip) => ["-p", "tcp", "-d", ip, "-j", "RETURN"]),
    ["-p", "tcp", "-j", "REDIRECT", "--to-ports", String(egressPort)],
  ];
}

function portLists(ports: readonly number[]): readonly string[] {
  const unique = [...new Set(ports)];
  return Array.from({ length: Math.ceil(unique.length / portsPerRule) }, (_, i) =>
    unique.slice(i * portsPerRule, (i + 1) * portsPerRule).join(","),
  );
}
