import type { Violation } from "@pulumi-appmesh/model";
import { isObject, type ObjectValue } from "../../server/values.js";
import { violation } from "../check.js";
import { isNetwork } from "../networks.js";

/** What is wrong with those who are let in, by security groups and by networks. */
export function* clientViolations({
  clientSecurityGroupIds,
  clientCidrs,
}: ObjectValue): Generator<Violation> {
  yield* cidrViolations("clientCidrs", clientCidrs);
  yield* twiceViolations("clientSecurityGroupIds", clientSecurityGroupIds);
  yield* twiceViolations("clientCidrs", clientCidrs);
  if (!isObject(clientSecurityGroupIds) || !isObject(clientCidrs)) return;
  for (const name of Object.keys(clientCidrs)) {
    if (clientSecurityGroupIds[name] === undefined) continue;
    yield violation(
      ["clientCidrs", name],
      clientCidrs[name],
      `${JSON.stringify(name)} is the name of a security group in clientSecurityGroupIds as well; each client has its own ` +
        "name. Give it another.",
    );
  }
}

/** EC2 refuses a rule that a security group has already. */
export function* twiceViolations(input: string, clients: unknown): Generator<Violation> {
  if (!isObject(clients)) return;
  const names = new Map<string, string>();
  for (const [name, client] of Object.entries(clients)) {
    if (typeof client !== "string") continue;
    const before = names.get(client);
    if (before === undefined) names.set(client, name);
    else
      yield violation(
        [input, name],
        client,
        `${JSON.stringify(client)} was given, which ${before} is as well; a security group has each rule once. Leave one of both out.`,
      );
  }
}

/** What is no network among those of an input, by their names. */
export function* cidrViolations(input: string, cidrs: unknown): Generator<Violation> {
  if (!isObject(cidrs)) return;
  for (const [name, cidr] of Object.entries(cidrs)) {
    if (typeof cidr !== "string" || isNetwork(cidr)) continue;
    yield violation(
      [input, name],
      cidr,
      `${JSON.stringify(cidr)} was given; a network with the length of its prefix is allowed, as 10.0.0.0/16 or 2001:db8::/56.`,
    );
  }
}
