import { type Members, optional, required, type StructureShape, string } from "@pulumi-appmesh/model";
import type { Ending } from "../client/appmesh.js";
import { isNotFound } from "../client/errors.js";
import { reasonOf } from "../resources/check.js";
import type { Context } from "../resources/operations.js";
import { formatPropertyPath } from "../resources/property-path.js";
import { timestamp } from "../resources/state.js";
import { isUnknown, type ObjectValue, reveal, secret, UNKNOWN } from "../server/values.js";
import type { Extension } from "./extension.js";
import { changesOf, checkShape, withSecretsOf } from "./inputs.js";
import { renewalOf, renewalViolations } from "./renewal.js";

/** What the control plane issues, tells once, and takes back. */
export interface IssuedType {
  readonly title: string;
  readonly doc: string;
  /** Of all inputs, `renewBeforeSeconds` among them. */
  readonly shape: StructureShape;
  /** What the control plane adds, besides when it was issued and when it ends. */
  readonly outputs: Members;
  readonly secrets: readonly string[];
  /** The inputs that can be changed of what was issued. */
  readonly inPlace: readonly string[];
  /** How long it is valid where the program does not say so, in seconds. Default: it does not end. */
  readonly lifeSeconds?: number;
  /** For people: access key "APMK…". */
  words(id: string): string;
  /** Issues it. The outputs are all but the times; secrets need no mark. */
  issue(
    inputs: ObjectValue,
    context: Context,
  ): Promise<{ readonly id: string; readonly outputs: ObjectValue; readonly ending: Ending }>;
  /** What the control plane knows of it; undefined where that is nothing. */
  look(id: string, context: Context): Promise<Ending | undefined>;
  /** What of the inputs is otherwise now. Default: nothing ever is. */
  drift?(live: Ending, inputs: ObjectValue): ObjectValue;
  update?(id: string, olds: ObjectValue, news: ObjectValue, context: Context): Promise<void>;
  revoke(id: string, context: Context): Promise<void>;
  /** How a program that was made elsewhere gets one, since none can be imported. */
  readonly instead: string;
}

const times: Members = {
  createdAt: required(string(), "When it was issued, in ISO 8601 and UTC."),
  expiresAt: optional(string(), "When it ends, in ISO 8601 and UTC. Unset where it does not end."),
  renewAt: optional(
    string(),
    "From when on pulumi up, and the preview before it, puts another one in its place, in ISO 8601 and UTC. The clock is " +
      "that of the machine on which Pulumi runs.",
  ),
};

/**
 * What is issued as a resource. Its secrets are told once, so that they are in the state alone. It is replaced in the last
 * part of its life, by another one that is there before it is taken back.
 *
 * `now`: milliseconds since 1970.
 */
export function issued(type: IssuedType, now: () => number = Date.now): Extension {
  const { title, doc, shape, secrets, inPlace } = type;
  const inputs = shape.members as Members;
  const outputs = { ...type.outputs, ...times };
  const token = `appmesh:index:${title}`;
  const identity = Object.keys(inputs).filter((name) => !inPlace.includes(name));
  return {
    token,
    title,
    doc: `${doc}\n\n${LIFE}`,
    inputs,
    outputs,
    secrets,
    identity,

    check: ({ news }) => {
      const { inputs, failures } = checkShape(shape, news);
      const ofRenewal = [...renewalViolations(inputs, type.lifeSeconds)].map((violation) => ({
        property: formatPropertyPath(violation.path),
        reason: reasonOf(violation, inputs),
      }));
      return { inputs, failures: [...failures, ...ofRenewal] };
    },

    diff: (input) => {
      const changes = changesOf(inputs, input).map((change) => ({
        ...change,
        replaces: identity.includes(String(change.path[0])),
      }));
      const { state, news } = input;
      const renewal = renewalOf({ ...state, renewBeforeSeconds: news.renewBeforeSeconds ?? null });
      const isDue = renewal !== undefined && renewal <= now();
      return {
        changes: isDue
          ? [
              ...changes,
              {
                path: ["expiresAt"],
                property: "expiresAt",
                kind: "update" as const,
                replaces: true,
                isOutput: true,
              },
            ]
          : changes,
        deleteBeforeReplace: false,
        stables: [...identity, ...Object.keys(type.outputs), "createdAt", "expiresAt"],
      };
    },

    planned: (given) => ({
      ...Object.fromEntries(Object.keys(outputs).map((name) => [name, UNKNOWN])),
      ...given,
    }),

    plannedUpdate: (olds, news) => updated(olds, news),

    create: async (given, context) => {
      const { id, outputs, ending } = await type.issue(given, context);
      const marked = Object.fromEntries(
        Object.entries(outputs).map(([name, value]) => [
          name,
          secrets.includes(name) ? secret(value) : value,
        ]),
      );
      return { id, state: withRenewal({ ...given, ...marked, ...timesOf(ending) }) };
    },

    read: async (id, { inputs, state }, context) => {
      if (!secrets.some((name) => state[name] !== undefined)) {
        throw new Error(
          `${type.words(id)} cannot be imported or looked up: what is secret of it was told once, when it was issued, and the ` +
            `control plane does not tell it again. ${type.instead}`,
        );
      }
      const live = await type.look(id, context);
      if (live?.status !== "Active") return undefined;
      const changed = withSecretsOf(inputs, type.drift?.(live, inputs) ?? {});
      return {
        inputs: { ...inputs, ...changed },
        state: withRenewal({ ...state, ...changed, ...timesOf(live) }),
      };
    },

    update: async ({ id, olds, news }, context) => {
      await type.update?.(id, olds, news, context);
      return updated(olds, news);
    },

    delete: async (id, context) => {
      try {
        await type.revoke(id, context);
      } catch (error) {
        if (isNotFound(error)) return;
        throw new Error(`cannot revoke ${type.words(id)}: ${(error as Error).message}`, { cause: error });
      }
    },
  };

  /** The outputs that it has, and the inputs that it gets. */
  function updated(olds: ObjectValue, news: ObjectValue): ObjectValue {
    const kept = Object.entries(olds).filter(([name]) => name in outputs);
    return withRenewal({ ...Object.fromEntries(kept), ...news });
  }

  function withRenewal({ renewAt: _, ...state }: ObjectValue): ObjectValue {
    if (isUnknown(reveal(state.renewBeforeSeconds ?? null))) return { ...state, renewAt: UNKNOWN };
    const renewal = renewalOf(state);
    return renewal === undefined ? state : { ...state, renewAt: new Date(renewal).toISOString() };
  }
}

const LIFE =
  "Its secrets are told once, and kept encrypted in the state. `pulumi up` in the last part of its life (see " +
  "`renewBeforeSeconds`) replaces it: the new one is there before the old one is taken back, which is the last that an " +
  "update does. With the resource option `retainOnDelete` the old one is not taken back, and ends by itself.";

const timesOf = ({ createdAt, expiresAt }: Ending) => ({
  createdAt: timestamp(createdAt),
  ...(expiresAt !== undefined && { expiresAt: timestamp(expiresAt) }),
});
