import type { Duration } from "@pulumi-appmesh/model";

/** What the data plane applies to routes and listeners that say nothing. */
export const DEFAULT_PER_REQUEST: Duration = { value: 15, unit: "s" };

/** A time limit to compare with others: 0 means as long as it takes. */
export const millis = ({ value, unit }: Duration): number =>
  value === 0 ? Number.POSITIVE_INFINITY : unit === "s" ? value * 1000 : value;

export const say = ({ value, unit }: Duration): string =>
  value === 0 ? "as long as it takes" : `${value} ${unit}`;
