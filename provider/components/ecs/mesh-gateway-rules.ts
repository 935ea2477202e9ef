import type { Violation } from "@pulumi-appmesh/model";
import { isObject, type ObjectValue } from "../../server/values.js";
import { violation } from "../check.js";
import { membersOf } from "../given.js";
import { gatewayRules } from "../mesh/check-gateway.js";
import { listenerPortsOf, lookIntoKnown } from "../mesh/lift.js";
import { taskPlace } from "./mesh-ecs-service-rules.js";
import { taskMembers } from "./mesh-members.js";
import { serviceRules } from "./service-rules.js";
import { mostTargetGroups } from "./target-groups.js";
import { taskDefinitionRules } from "./task-definition-rules.js";

/** What is wrong with a `MeshGateway` whose inputs have the right shapes. */
export function* meshGatewayRules(inputs: ObjectValue, name?: string): Generator<Violation> {
  const listeners = Array.isArray(inputs.listeners) ? inputs.listeners : [];
  yield* gatewayRules(inputs);
  const task = {
    ...membersOf(taskMembers, inputs),
    virtualGateway: inputs.virtualGatewayName ?? "gateway",
    listenerPorts: listenerPortsOf(listeners, lookIntoKnown),
  } as ObjectValue;
  for (const found of taskDefinitionRules(task, name)) yield { ...found, path: taskPlace(found.path) };
  yield* serviceRules(inputs);
  yield* wayViolations(inputs, listeners);
  if (isObject(inputs.loadBalancer)) {
    yield* balancerViolations(inputs.loadBalancer, listeners);
    yield* subnetViolations(inputs.loadBalancer, inputs.subnetIds);
  }
}

function* wayViolations(inputs: ObjectValue, listeners: readonly unknown[]): Generator<Violation> {
  const { loadBalancer, targetGroupArns } = inputs;
  if (loadBalancer === undefined && targetGroupArns === undefined) {
    yield violation(
      ["loadBalancer"],
      undefined,
      "neither loadBalancer nor targetGroupArns was given; one of them is required, by which traffic comes to the gateway. " +
        "For an Application Load Balancer with every default, give {}.",
    );
  }
  if (loadBalancer !== undefined && targetGroupArns !== undefined) {
    yield violation(
      ["targetGroupArns"],
      targetGroupArns,
      "it was given beside loadBalancer, which makes target groups of its own; one of them is allowed. Leave one of both out.",
    );
  } else if (Array.isArray(targetGroupArns) && targetGroupArns.length !== listeners.length) {
    yield violation(
      ["targetGroupArns"],
      targetGroupArns,
      `${count(targetGroupArns.length, "target group")} given for ${count(listeners.length, "listener")}; each listener has its own.`,
    );
  }
  if (listeners.length > mostTargetGroups) {
    yield violation(
      ["listeners"],
      listeners,
      `${listeners.length} listeners were given; ECS registers a service with up to ${mostTargetGroups} target groups, one for each. ` +
        "Make another gateway.",
    );
  }
  if (inputs.clientSecurityGroupIds === undefined && inputs.clientCidrs === undefined) {
    yield violation(
      ["clientCidrs"],
      undefined,
      "neither clientSecurityGroupIds nor clientCidrs was given; one of them is required, since nobody else is let in. For " +
        'everybody, give {everybody: "0.0.0.0/0"}.',
    );
  }
}

function* subnetViolations(
  { type = "application", subnetIds }: ObjectValue,
  ofTasks: unknown,
): Generator<Violation> {
  const subnets = subnetIds ?? ofTasks;
  if (type !== "application" || !Array.isArray(subnets) || subnets.length > 1) return;
  yield violation(
    ["loadBalancer", "subnetIds"],
    subnetIds,
    `${subnetIds === undefined ? "nothing was given, and the tasks have one subnet" : "one subnet was given"}; an Application Load ` +
      "Balancer needs two, in different availability zones. Give them, or the type network.",
  );
}

function* balancerViolations(balancer: ObjectValue, listeners: readonly unknown[]): Generator<Violation> {
  const { type = "application", certificateArn, ports, sslPolicy, healthCheckPath } = balancer;
  const at = (member: string) => ["loadBalancer", member];
  for (const [index, listener] of listeners.entries()) {
    if (!isObject(listener)) continue;
    const protocol = isObject(listener.portMapping) ? listener.portMapping.protocol : undefined;
    if (
      type === "application" &&
      certificateArn === undefined &&
      (protocol === "http2" || protocol === "grpc")
    ) {
      yield violation(
        at("certificateArn"),
        undefined,
        `nothing was given; it is required, since the protocol of listeners[${index}] is ${protocol}, which an Application Load ` +
          "Balancer takes by HTTPS alone. Give it, or the type network.",
      );
    }
    const mutual = isObject(listener.tls) && listener.tls.validation !== undefined;
    if (mutual && (type === "application" || (type === "network" && certificateArn !== undefined))) {
      yield violation(
        type === "application" ? at("type") : at("certificateArn"),
        type === "application" ? balancer.type : certificateArn,
        `listeners[${index}] asks its clients for a certificate, and a load balancer that ends TLS shows none. Give the type ` +
          "network without certificateArn, or leave out the listener's tls.validation.",
      );
    }
  }
  if (sslPolicy !== undefined && certificateArn === undefined) {
    yield violation(
      at("sslPolicy"),
      sslPolicy,
      "it was given without certificateArn; without a certificate there is no TLS. Give it, or leave both out.",
    );
  }
  if (type === "network" && healthCheckPath !== undefined) {
    yield violation(
      at("healthCheckPath"),
      healthCheckPath,
      "it was given for the type network, which looks whether the listener takes connections. Leave it out.",
    );
  }
  yield* portViolations(ports, certificateArn !== undefined, listeners);
}

function* portViolations(
  ports: unknown,
  encrypted: boolean,
  listeners: readonly unknown[],
): Generator<Violation> {
  if (ports !== undefined && !Array.isArray(ports)) return;
  if (ports !== undefined && ports.length !== listeners.length) {
    yield violation(
      ["loadBalancer", "ports"],
      ports,
      `${count(ports.length, "port")} given for ${count(listeners.length, "listener")}; each listener has its own.`,
    );
    return;
  }
  const outer: readonly unknown[] = ports ?? outerPorts(listenerPortsOf(listeners, lookIntoKnown), encrypted);
  for (const [index, port] of outer.entries()) {
    const before = outer.indexOf(port);
    if (typeof port !== "number" || before === index) continue;
    yield violation(
      ports === undefined ? ["loadBalancer", "ports"] : ["loadBalancer", "ports", index],
      ports === undefined ? undefined : port,
      `${port} would be the port of listeners[${before}] and of listeners[${index}]; each has its own. Give other ports.`,
    );
  }
}

/** The ports of a load balancer that are not told, by those of the gateway's listeners. */
export const outerPorts = <T>(listenerPorts: readonly T[], encrypted: boolean): readonly (T | number)[] =>
  listenerPorts.map((port, index) => (index > 0 ? port : encrypted ? 443 : 80));

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;
