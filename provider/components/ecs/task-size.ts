import type { Violation } from "@pulumi-appmesh/model";
import { violation } from "../check.js";
import type { Partly } from "../partly.js";
import { fargateCpus, fargateMemory, fargateSizeFor, isFargateSize, type TaskSize } from "./fargate-size.js";
import type { GivenContainer } from "./given.js";
import type { MeshOptions } from "./mesh-options.js";
import { addedReserves } from "./reserves.js";

/** What containers reserve, all together. */
function reserved(containers: readonly GivenContainer[]): TaskSize {
  const sum = (of: (container: GivenContainer) => number) =>
    containers.reduce((total, container) => total + of(container), 0);
  return {
    cpu: sum(({ cpu = 0 }) => cpu),
    memory: sum(({ memoryReservation, memory }) => memoryReservation ?? memory ?? 0),
  };
}

/** The size of a task with the containers of the mesh in it; or what is wrong with it. */
export function taskSize(
  own: readonly GivenContainer[],
  options: Partly<MeshOptions>,
): Partial<TaskSize> | Violation {
  const fargate = (options.requiresCompatibilities ?? ["FARGATE"]).includes("FARGATE");
  const all = [...own, ...addedReserves(options)];
  const together = reserved(all);
  // A task is no smaller than what any one of its containers may have.
  const largest = Math.max(0, ...all.map(({ memory = 0 }) => memory));
  const needed = { cpu: together.cpu, memory: Math.max(together.memory, largest) };
  if (options.sizing === "exact") return exactSize(options, needed, fargate);
  const before = reserved(own);
  const added = { cpu: together.cpu - before.cpu, memory: together.memory - before.memory };
  if (!fargate) {
    return {
      // ECS takes no less than 128 CPU units.
      ...(options.cpu !== undefined && { cpu: Math.max(128, options.cpu + added.cpu, needed.cpu) }),
      ...(options.memory !== undefined && { memory: Math.max(options.memory + added.memory, needed.memory) }),
    };
  }
  const wanted = {
    cpu: Math.max((options.cpu ?? before.cpu) + added.cpu, needed.cpu),
    memory: Math.max((options.memory ?? before.memory) + added.memory, needed.memory),
  };
  const size = fargateSizeFor(wanted);
  if (size !== undefined) return size;
  const member = wanted.cpu > 16384 ? "cpu" : "memory";
  return violation(
    [member],
    options[member],
    `with the containers of the mesh, the task needs ${wanted.cpu} CPU units and ${wanted.memory} MiB; Fargate offers up to ` +
      "16384 CPU units and 122880 MiB. Give less, or run it on EC2.",
  );
}

function exactSize(
  { cpu, memory }: Pick<MeshOptions, "cpu" | "memory">,
  needed: TaskSize,
  fargate: boolean,
): Partial<TaskSize> | Violation {
  if (fargate) {
    for (const [member, value] of Object.entries({ cpu, memory })) {
      if (value === undefined)
        return violation(
          [member],
          value,
          "nothing was given; it is required on Fargate where sizing is exact. Give it, or let sizing be roundUp.",
        );
    }
    const refused = notOffered({ cpu: cpu ?? 0, memory: memory ?? 0 });
    if (refused !== undefined) return refused;
  }
  for (const [member, size, need, unit] of [
    ["cpu", cpu, needed.cpu, "CPU units"],
    ["memory", memory, needed.memory, "MiB"],
  ] as const) {
    if (size === undefined || size >= need) continue;
    return violation(
      [member],
      size,
      `${size} was given; the containers of the task, with those of the mesh, need ${need} ${unit}. Give more, or let ` +
        "sizing be roundUp.",
    );
  }
  return { ...(cpu !== undefined && { cpu }), ...(memory !== undefined && { memory }) };
}

function notOffered(size: TaskSize): Violation | undefined {
  if (isFargateSize(size)) return undefined;
  const memory = fargateMemory(size.cpu);
  const next = fargateSizeFor(size);
  const way =
    next === undefined
      ? "Give less, or run it on EC2."
      : `The next is ${next.cpu} CPU units with ${next.memory} MiB.`;
  return memory === undefined
    ? violation(["cpu"], size.cpu, `${size.cpu} was given; Fargate offers ${fargateCpus.join(", ")}. ${way}`)
    : violation(
        ["memory"],
        size.memory,
        `${size.memory} was given; with ${size.cpu} CPU units Fargate offers ${memory}. ${way}`,
      );
}
