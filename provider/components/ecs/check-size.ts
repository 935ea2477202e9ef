import type { Violation } from "@pulumi-appmesh/model";
import { violation } from "../check.js";
import type { Given, GivenContainer } from "./given.js";
import { taskSize } from "./task-size.js";

/** What decides on the size of a task, but for its containers. */
const deciding = [
  ["cpu"],
  ["memory"],
  ["sizing"],
  ["requiresCompatibilities"],
  ["drainSeconds"],
  ["interception", "mode"],
  ["tracing", "host"],
  ...["envoy", "tracing"].flatMap((part) =>
    ["cpu", "memory", "memoryReservation"].map((member) => [part, "container", member]),
  ),
] as const;

/** What is wrong with the sizes of a task's own containers, and with that of the task. */
export function* sizeViolations(given: Given): Generator<Violation> {
  const { options, containers } = given;
  for (const [index, { memory, memoryReservation } = {}] of containers.entries()) {
    if (memory !== undefined && memoryReservation !== undefined && memoryReservation > memory) {
      yield violation(
        ["containerDefinitions", index, "memoryReservation"],
        memoryReservation,
        `${memoryReservation} was given; at most the container's memory, ${memory}, is allowed. Lower it, or raise memory.`,
      );
    }
    if (given.fargate !== false || options.memory !== undefined || given.isOpen("memory")) continue;
    const open =
      given.isOpen("containerDefinitions", index, "memory") ||
      given.isOpen("containerDefinitions", index, "memoryReservation");
    if (memory === undefined && memoryReservation === undefined && containers[index] !== undefined && !open) {
      yield violation(
        ["containerDefinitions", index, "memoryReservation"],
        undefined,
        "nothing was given; memory or memoryReservation is required of every container on instances, where the task has " +
          "no memory. Give it, or the task's memory.",
      );
    }
  }
  const isOpen =
    deciding.some((path) => given.isOpen(...path)) ||
    containers.some(
      (container, index) =>
        container === undefined ||
        ["cpu", "memory", "memoryReservation"].some((member) =>
          given.isOpen("containerDefinitions", index, member),
        ),
    );
  const none = containers.length === 0 && given.isOpen("containerDefinitions");
  if (isOpen || none) return;
  const size = taskSize(containers as readonly GivenContainer[], options);
  if ("message" in size) yield size;
}
