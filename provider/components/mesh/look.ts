import { Output } from "@pulumi/pulumi";
import type { Lift } from "./lift.js";

/** Looks into a program's inputs, now or when they are there. */
export const look: Lift = (value, into) =>
  Output.isInstance<unknown>(value) ? value.apply((known) => into(known as never)) : into(value as never);
