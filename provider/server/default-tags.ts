import { type Failure, tagFailures } from "../resources/check.js";
import { settings } from "./configuration.js";
import { isObject, isUnknown, type ObjectValue, reveal, Secret, secret, type Value } from "./values.js";

const EXPECTED = 'a map of texts is expected, such as {"team": "shop"}';

/**
 * The tags that the provider gives to everything it makes. SDKs and the stack's configuration send what is no text
 * as JSON; the environment can say nothing else. There are none while they are unknown or wrong.
 */
export function resolveDefaultTags(
  inputs: ObjectValue,
  environment: Readonly<Record<string, string | undefined>>,
): { tags: ObjectValue; failures: readonly Failure[] } {
  const [variable] = settings.defaultTags.environment;
  const given = inputs.defaultTags ?? (environment[variable] || undefined);
  const refused = (reason: string) => ({ tags: {}, failures: [{ property: "defaultTags", reason }] });
  if (given === undefined || isUnknown(reveal(given))) return { tags: {}, failures: [] };

  const hidden = given instanceof Secret;
  const open = hidden ? reveal(given) : given;
  const map = typeof open === "string" ? parse(open) : open;
  if (map === undefined || !isObject(map)) {
    return refused(`${hidden ? "a secret value" : JSON.stringify(reveal(open))} was given; ${EXPECTED}.`);
  }
  const failures = [...tagFailures(hidden ? secret(map) : map)].map(({ path, reason }) => ({
    // Told of the setting as a whole: where it came as text, the engine knows nothing inside it.
    property: "defaultTags",
    reason: path.length > 1 ? `${JSON.stringify(path.at(-1))}: ${reason}` : reason,
  }));
  if (failures.length > 0) return { tags: {}, failures };
  return {
    tags: hidden ? Object.fromEntries(Object.entries(map).map(([key, tag]) => [key, secret(tag)])) : map,
    failures,
  };
}

/** A resource's tags with the provider's behind them. */
export function withDefaultTags(defaults: ObjectValue, own: Value | undefined): Value | undefined {
  if (Object.keys(defaults).length === 0 || isUnknown(own)) return own;
  if (own instanceof Secret) {
    const merged = withDefaultTags(defaults, own.value);
    return merged === undefined ? own : secret(merged);
  }
  // What is no map is told of where the resource is checked.
  if (own !== undefined && !isObject(own)) return own;
  return { ...defaults, ...own };
}

function parse(text: string): Value | undefined {
  try {
    return JSON.parse(text) as Value;
  } catch {
    return undefined;
  }
}
