import type { Violation } from "@pulumi-appmesh/model";
import { isUnknown, type ObjectValue } from "../../server/values.js";
import { violation } from "../check.js";
import { Known } from "../known.js";
import { gatewayRules } from "../mesh/check-gateway.js";
import { listenerPortsOf, lookIntoKnown } from "../mesh/lift.js";
import { specRules, workloadRules } from "./workload-rules.js";

/** What is wrong with a `MeshGatewayDeployment` whose inputs have the right shapes. */
export function* meshGatewayDeploymentRules(inputs: ObjectValue, name?: string): Generator<Violation> {
  const listeners = Array.isArray(inputs.listeners) ? inputs.listeners : [];
  const known = new Known(inputs);
  yield* gatewayRules(inputs);
  yield* workloadRules(known, name);
  const listenerPorts = listenerPortsOf(listeners, lookIntoKnown).map((port) =>
    isUnknown(port) ? undefined : port,
  );
  const { virtualGatewayName: virtualGateway = "gateway" } = known.value as ObjectValue;
  yield* specRules(known, { virtualGateway, listenerPorts });
  yield* servicePortViolations(inputs.servicePorts, listeners);
}

function* servicePortViolations(given: unknown, listeners: readonly unknown[]): Generator<Violation> {
  if (!Array.isArray(given)) return;
  if (given.length !== listeners.length) {
    const count = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;
    yield violation(
      ["servicePorts"],
      given,
      `${count(given.length, "port")} given for ${count(listeners.length, "listener")}; each listener has its own.`,
    );
    return;
  }
  for (const [index, port] of given.entries()) {
    const before = given.indexOf(port);
    if (typeof port !== "number" || before === index) continue;
    yield violation(
      ["servicePorts", index],
      port,
      `${port} is the port of listeners[${before}] already; each has its own. Give another.`,
    );
  }
}
