// What an engineer would write by hand for the same traffic: the peer of what the control plane tells Envoys.

/** Where something listens. */
export interface At {
  readonly address: string;
  readonly port: number;
}

const socketAddress = ({ address, port }: At) => ({ socket_address: { address, port_value: port } });

const originalDestination = {
  name: "envoy.filters.listener.original_dst",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.filters.listener.original_dst.v3.OriginalDst",
  },
};

/** With `redirectedPort`, for connections that iptables redirects and that were going there. */
const bootstrap = (at: At, route: object, upstream: At | undefined, redirectedPort?: number) => ({
  admin: { address: socketAddress({ address: "127.0.0.1", port: 0 }) },
  static_resources: {
    listeners: [
      {
        name: "in",
        address: socketAddress(at),
        ...(redirectedPort === undefined ? {} : { listener_filters: [originalDestination] }),
        filter_chains: [
          {
            ...(redirectedPort === undefined
              ? {}
              : { filter_chain_match: { destination_port: redirectedPort } }),
            filters: [
              {
                name: "envoy.filters.network.http_connection_manager",
                typed_config: {
                  "@type":
                    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                  stat_prefix: "in",
                  normalize_path: true,
                  merge_slashes: true,
                  route_config: {
                    name: "routes",
                    virtual_hosts: [{ name: "all", domains: ["*"], routes: [route] }],
                  },
                  http_filters: [
                    {
                      name: "envoy.filters.http.router",
                      typed_config: {
                        "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
                      },
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
    clusters:
      upstream === undefined
        ? []
        : [
            {
              name: "upstream",
              type: "STATIC",
              connect_timeout: "1s",
              load_assignment: {
                cluster_name: "upstream",
                endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(upstream) } }] }],
              },
            },
          ],
  },
});

const retries = {
  retry_on: "unavailable,connect-failure,refused-stream,retriable-status-codes,reset",
  num_retries: 2,
  retriable_status_codes: [503],
};

/** Answers by itself: an application that costs next to nothing. */
export const application = (at: At): object =>
  bootstrap(
    at,
    { match: { prefix: "/" }, direct_response: { status: 200, body: { inline_string: "x".repeat(1000) } } },
    undefined,
  );

/** In front of an application, or of one that calls; `redirectedPort` where iptables brings connections to it. */
export const proxy = (at: At, upstream: At, retried: boolean, redirectedPort?: number): object =>
  bootstrap(
    at,
    {
      match: { prefix: "/" },
      route: { cluster: "upstream", timeout: "15s", ...(retried ? { retry_policy: retries } : {}) },
    },
    upstream,
    redirectedPort,
  );

/** At the edge: takes the prefix off, and calls by the service's name. */
export const gateway = (at: At, upstream: At, prefix: string, host: string): object =>
  bootstrap(
    at,
    {
      match: { prefix: `${prefix}/` },
      route: {
        cluster: "upstream",
        timeout: "15s",
        prefix_rewrite: "/",
        host_rewrite_literal: host,
        retry_policy: retries,
      },
    },
    upstream,
  );
