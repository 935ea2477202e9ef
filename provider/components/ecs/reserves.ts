import type { Partly } from "../partly.js";
import type { GivenContainer } from "./given.js";
import type { MeshOptions } from "./mesh-options.js";
import { namesOf } from "./plan.js";

/** What each container of the mesh reserves, unless its user says otherwise. */
export const reserves = {
  // Envoy has 70 MiB before it is told anything.
  envoy: { cpu: 128, memoryReservation: 128 },
  tracer: { cpu: 32, memoryReservation: 128 },
  drain: { memoryReservation: 16 },
  redirect: { memoryReservation: 16 },
} as const;

/** What the containers reserve that the mesh adds to a task. */
export function addedReserves(options: Partly<MeshOptions>): readonly GivenContainer[] {
  const { tracer, drain, redirect } = namesOf(options);
  return [
    { ...reserves.envoy, ...sizesOf(options.envoy?.container) },
    ...(tracer === undefined ? [] : [{ ...reserves.tracer, ...sizesOf(options.tracing?.container) }]),
    ...(drain === undefined ? [] : [reserves.drain]),
    ...(redirect === undefined ? [] : [reserves.redirect]),
  ];
}

const sizesOf = ({ cpu, memory, memoryReservation }: GivenContainer = {}): GivenContainer => ({
  ...(cpu !== undefined && { cpu }),
  ...(memory !== undefined && { memory }),
  ...(memoryReservation !== undefined && { memoryReservation }),
});
