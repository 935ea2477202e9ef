import type { PortProtocol } from "@pulumi-appmesh/model";
import type {
  FilterChainJson,
  FilterJson,
  ListenerFilterJson,
} from "../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { ListenerJson } from "../gen/envoy/config/listener/v3/listener_pb.js";
import { tlsInspectorAt } from "./filters.js";
import type { Resource } from "./resources.js";
import type { Acceptances } from "./tls.js";

/** What takes the connections to one port. */
export interface Chain {
  readonly port: number;
  readonly protocol: PortProtocol;
  readonly accepted: Acceptances;
  readonly filter: FilterJson;
}

/** One of Envoy's listeners that takes the connections to one port, with TLS or without as `chain` says. */
export const accepting = (listener: ListenerJson, chain: Chain): ListenerJson => ({
  ...listener,
  ...inspected([chain], []),
  filterChains: chain.accepted.chains.map(({ match, ...how }) => ({
    ...(Object.keys(match).length > 0 ? { filterChainMatch: match } : {}),
    filters: [chain.filter],
    ...how,
  })),
});

/** For one of Envoy's listeners that takes redirected connections, which it tells apart by where they were going. */
export const filterChains = (chains: readonly Chain[]): readonly FilterChainJson[] =>
  chains.flatMap(({ port, accepted, filter }) =>
    accepted.chains.map(({ match, ...how }) => ({
      filterChainMatch: { destinationPort: port, ...match },
      filters: [filter],
      ...how,
    })),
  );

/**
 * Envoy looks at how a connection begins where TLS is told from plaintext by it, and there alone. With a TCP protocol
 * whose server speaks first it would look in vain: after a second without a word it is taken for plaintext.
 */
export function inspected(chains: readonly Chain[], others: readonly ListenerFilterJson[]): ListenerJson {
  const ports = chains.filter(({ accepted }) => accepted.inspected).map(({ port }) => port);
  const all = ports.length === chains.length;
  const filters = [...others, ...(ports.length > 0 ? [tlsInspectorAt(all ? undefined : ports)] : [])];
  const waits = chains.some(({ accepted, protocol }) => accepted.inspected && protocol === "tcp");
  return {
    ...(filters.length > 0 ? { listenerFilters: filters } : {}),
    ...(waits ? { listenerFiltersTimeout: "1s", continueOnListenerFiltersTimeout: true } : {}),
  };
}

/** The secrets that the listeners of these chains name. */
export const secretsOf = (chains: readonly Chain[]): Pick<Resource<unknown>, "secrets"> => {
  const secrets = chains.flatMap(({ accepted }) => accepted.secrets);
  return secrets.length > 0 ? { secrets } : {};
};
