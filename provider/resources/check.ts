import { checkSpec, type Member, type Path, TagList, type Violation, validate } from "@pulumi-appmesh/model";
import {
  containsSecret,
  dropNulls,
  isObject,
  isUnknown,
  type ObjectValue,
  reveal,
  Secret,
  type Value,
} from "../server/values.js";
import { type Autonaming, autoname } from "./naming.js";
import { formatPropertyPath } from "./property-path.js";
import type { ResourceType } from "./types.js";

/** What is wrong with one property of a program. */
export interface Failure {
  /** spec.listeners[0].portMapping.port */
  readonly property: string;
  /** What was given, what is allowed, and the way out. */
  readonly reason: string;
}

export interface CheckInput {
  /** The resource's name in the program. */
  readonly urnName: string;
  /** The inputs of the resource as it is, if it is there. */
  readonly olds: ObjectValue;
  readonly news: ObjectValue;
  readonly seed: Uint8Array;
  readonly autonaming?: Autonaming | undefined;
}

/** The inputs as the resource will be made from them, and everything that is wrong with them. */
export function checkResource(
  type: ResourceType,
  input: CheckInput,
): { inputs: ObjectValue; failures: Failure[] } {
  const given = dropNulls(input.news) as ObjectValue;
  const failures: Failure[] = [];
  const fail = (path: Path, reason: string) => failures.push({ property: formatPropertyPath(path), reason });

  const inputs = withName(type, { ...input, news: given }, (reason) =>
    fail([type.entity.nameMember], reason),
  );
  const allowed = [...Object.keys(type.inputs), "tags"];
  for (const name of Object.keys(inputs)) {
    if (allowed.includes(name)) continue;
    const reason =
      name in type.outputs
        ? "it is set by the control plane and cannot be given; leave it out."
        : `it is not a property of ${type.entity.title}; ${listing(allowed)} are allowed.`;
    fail([name], reason);
  }
  for (const violation of violations(type, inputs)) fail(violation.path, reasonOf(violation, inputs));
  for (const { path, reason } of tagFailures(inputs.tags)) fail(path, reason);
  return { inputs, failures };
}

function withName(type: ResourceType, input: CheckInput, fail: (reason: string) => void): ObjectValue {
  const { nameMember } = type.entity;
  if (!type.autonamed || input.news[nameMember] !== undefined) return input.news;
  // An entity keeps the name that was once made for it.
  const name = input.olds[nameMember] ?? autoname(input.urnName, input.seed, input.autonaming);
  if (name === undefined)
    fail("a name is required, since automatic names are switched off (pulumi:autonaming).");
  return name === undefined ? input.news : { ...input.news, [nameMember]: name };
}

function* violations(type: ResourceType, inputs: ObjectValue): Generator<Violation> {
  for (const [name, member] of Object.entries<Member>(type.inputs)) {
    const value = inputs[name];
    if (value === undefined) {
      // The name of an autonamed entity is missing only where that was refused already.
      if (member.required)
        yield { path: [name], given: undefined, message: "nothing was given; it is required." };
      continue;
    }
    const options = { path: [name], isUnknown };
    yield* name === "spec"
      ? checkSpec(type.kind, reveal(value), options)
      : validate(member.shape, reveal(value), options);
  }
}

/** The violation's own words, unless they would show a secret. */
export function reasonOf({ path, message }: Violation, inputs: ObjectValue): string {
  if (!touchesSecret(inputs, path)) return message;
  const end = message.lastIndexOf(" given; ");
  return end < 0
    ? "the secret value that was given is not allowed."
    : `a secret value was given; ${message.slice(end + 8)}`;
}

function touchesSecret(value: Value | undefined, [step, ...rest]: Path): boolean {
  if (value === undefined) return false;
  if (value instanceof Secret) return true;
  if (step === undefined) return containsSecret(value);
  const next = isObject(value) || Array.isArray(value) ? (value as ObjectValue)[step] : undefined;
  return touchesSecret(next, rest);
}

/** Tags are a map in Pulumi and a list of pairs in the API; the limits are those of the list. */
export function* tagFailures(tags: Value | undefined): Generator<{ path: Path; reason: string }> {
  const map = tags === undefined ? undefined : reveal(tags);
  if (map === undefined || isUnknown(map)) return;
  if (!isObject(map)) {
    yield { path: ["tags"], reason: 'tags are a map of texts; give an object such as {team: "shop"}.' };
    return;
  }
  const pairs = Object.entries(map).map(([key, value]) => ({ key, value }));
  for (const {
    path: [index, member],
    message,
  } of validate(TagList, pairs, { isUnknown })) {
    if (index === undefined)
      yield {
        path: ["tags"],
        reason: `${pairs.length} tags were given; at most 50 are allowed, the provider's defaultTags included.`,
      };
    else {
      const key = pairs[index as number]?.key ?? "";
      const reason = member === "key" ? `the key of a tag has 1 to 128 characters: ${message}` : message;
      yield {
        path: ["tags", key],
        reason: containsSecret(tags ?? null)
          ? "the tag is not allowed: a value has at most 256 characters, a key 1 to 128."
          : reason,
      };
    }
  }
}

const listing = (names: readonly string[]): string => `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
