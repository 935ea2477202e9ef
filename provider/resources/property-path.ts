import type { Path } from "@pulumi-appmesh/model";

/** A path as Pulumi writes it: spec.listeners[0].portMapping.port, tags["app.kubernetes.io/name"]. */
export const formatPropertyPath = (path: Path): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    if (!/^[A-Za-z_][\w-]*$/.test(step)) return `${text}[${JSON.stringify(step)}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");

/** The steps of a path that Pulumi wrote, as in `ignoreChanges`; "*" stands for any step. */
export function parsePropertyPath(text: string): Path {
  const steps = text.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|\[(\*)\]|([^.[\]]+)/g);
  return [...steps].map(([, quoted, index, any, name]) => {
    if (quoted !== undefined) return JSON.parse(`"${quoted}"`) as string;
    return index === undefined ? (any ?? name ?? "") : Number(index);
  });
}

/** Whether `path` is at or below the place that `pattern` says. */
export const isAtOrBelow = (path: Path, pattern: Path): boolean =>
  pattern.length <= path.length && pattern.every((step, index) => step === "*" || step === path[index]);
