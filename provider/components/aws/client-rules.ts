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
