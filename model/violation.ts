import { quote } from "./show.js";

/** Where a value stands: names of members and indexes of lists, from the outside in. */
export type Path = readonly (string | number)[];

/** One way in which a value breaks the model. */
export interface Violation {
  readonly path: Path;
  /** What was found there; undefined if nothing was. */
  readonly given: unknown;
  /** What was given and what is allowed, as a sentence without the path. */
  readonly message: string;
}

/** `spec.listeners[0].portMapping.port`; empty for the whole value. */
export function formatPath(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(step) || step.length > 64) text += `[${quote(step)}]`;
    else text += text === "" ? step : `.${step}`;
  }
  return text;
}

/** `spec.listeners[0].portMapping.port: 70000 was given; an integer from 1 to 65535 is allowed.` */
export function formatViolation(violation: Violation): string {
  return violation.path.length === 0
    ? violation.message
    : `${formatPath(violation.path)}: ${violation.message}`;
}
