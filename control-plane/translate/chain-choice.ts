import type { AnyJson } from "@bufbuild/protobuf/wkt";
import type { Matcher_OnMatchJson, MatcherJson } from "../gen/xds/type/matcher/v3/matcher_pb.js";
import { packed } from "./extensions.js";

/**
 * Which filter chain of a listener takes a connection, by name. Envoy binds a connection to its chain for good, and drains
 * chains that changed: where the choice stands beside the chains, and not in them, it changes without ending a connection.
 */
export type Choice = Matcher_OnMatchJson;

/** That chain. */
export const chain = (name: string): Choice => ({
  action: { name: "chain", typedConfig: packed("google.protobuf.StringValue", { value: name }) },
});

/** Whatever it decides, for all connections. */
export const always = (choice: Choice): MatcherJson => ({ onNoMatch: choice });

/** By the port that a connection was going to. Where there is nothing for it, the listener's default chain takes it. */
export const byPort = (choices: ReadonlyMap<number, Choice>): MatcherJson => ({
  matcherTree: {
    input: input("envoy.extensions.matching.common_inputs.network.v3.DestinationPortInput"),
    exactMatchMap: { map: Object.fromEntries([...choices].sort(([a], [b]) => a - b)) },
  },
});

/** By the end of the server name that TLS asks for. */
export const byServerName = (suffix: string, choice: Choice, otherwise: Choice | undefined): Choice => ({
  matcher: {
    matcherList: {
      matchers: [
        {
          predicate: {
            singlePredicate: {
              input: input("envoy.extensions.matching.common_inputs.network.v3.ServerNameInput"),
              valueMatch: { suffix },
            },
          },
          onMatch: choice,
        },
      ],
    },
    ...(otherwise && { onNoMatch: otherwise }),
  },
});

/** Each chain for its share of the connections: by a hash of the port that a connection comes from, as good as by chance. */
export function byWeight(
  shares: readonly { readonly chain: string; readonly weight: number }[],
): Choice | undefined {
  const all = shares.filter(({ weight }) => weight > 0);
  const last = all.pop();
  if (last === undefined) return undefined;
  if (all.length === 0) return chain(last.chain);
  const modulo = all.reduce((sum, { weight }) => sum + weight, last.weight);
  let threshold = modulo;
  return {
    matcher: {
      matcherList: {
        matchers: all.map((share) => {
          threshold -= share.weight;
          return {
            predicate: {
              singlePredicate: {
                input: input("envoy.extensions.matching.common_inputs.network.v3.SourcePortInput"),
                customMatch: {
                  name: "hash",
                  typedConfig: packed(
                    "envoy.extensions.matching.input_matchers.consistent_hashing.v3.ConsistentHashing",
                    { threshold, modulo },
                  ),
                },
              },
            },
            onMatch: chain(share.chain),
          };
        }),
      },
      onNoMatch: chain(last.chain),
    },
  };
}

type Input = `envoy.extensions.matching.common_inputs.network.v3.${
  | "DestinationPortInput"
  | "ServerNameInput"
  | "SourcePortInput"}`;

/** What of a connection is looked at. */
const input = (type: Input): { readonly name: string; readonly typedConfig: AnyJson } => ({
  name: type.slice(type.lastIndexOf(".") + 1),
  typedConfig: packed(type, {}),
});
