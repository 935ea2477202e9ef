import type { RouteJson, VirtualHostJson } from "../gen/envoy/config/route/v3/route_components_pb.js";
import type { RouteConfigurationJson } from "../gen/envoy/config/route/v3/route_pb.js";
import { list, memo } from "./memo.js";
import type { Problems } from "./problems.js";
import type { Resource } from "./resources.js";
import { answer, tunnel } from "./routes.js";
import type { Service, ServicePort } from "./services.js";

/** A virtual host, and the virtual service that it is for. */
export interface Host {
  readonly service: Service;
  readonly name: string;
  readonly json: VirtualHostJson;
  /** The domains as Envoy compares them; none where the service cannot be called as a host. */
  readonly claims: readonly string[];
}

/** Host names as Envoy takes them: printable ASCII without its wildcard. */
const hostName = /^[!-)+-~]+$/;

/** Whether requests can name a virtual service as their host. */
export const isHostName = (name: string): boolean => hostName.test(name);

const host = (
  service: Service,
  name: string,
  domains: readonly string[],
  routes: readonly RouteJson[],
): Host => ({
  service,
  name,
  json: { name, domains: [...domains], routes: [...routes] },
  claims: isHostName(service.name) ? domains.map((domain) => domain.toLowerCase()) : [],
});

/** What a port of a virtual service does with the requests that it gets, in the order in which Envoy tries it. */
export const servedRoutes = (service: Service, { port, routes }: ServicePort): readonly RouteJson[] =>
  routes.length > 0
    ? routes
    : [
        {
          match: { prefix: "/" },
          directResponse: answer(404, `no route of virtual service ${service.name} serves port ${port}`),
        },
      ];

/**
 * A port of a virtual service as a virtual host. `bare`: requests that name no port are for it as well. `through`: the
 * cluster for clients that ask for a tunnel, where they may. The same object for every proxy that calls the service in
 * the same way.
 */
export const serviceHost = memo((service: Service, port: number, bare: boolean, through?: string): Host => {
  const served = service.ports.find((candidate) => candidate.port === port);
  if (served === undefined) throw new RangeError(`${service.name} has no port ${port}`);
  const withPort = `${service.name}:${port}`;
  return host(service, bare ? service.name : withPort, bare ? [service.name, withPort] : [withPort], [
    ...(through === undefined ? [] : [tunnel(through)]),
    ...servedRoutes(service, served),
  ]);
});

/** What a virtual service without ports answers, on whichever port it is called. */
export const unavailableHost = memo((service: Service): Host => {
  const directResponse = answer(503, service.unavailable ?? "");
  return host(
    service,
    service.name,
    [service.name, `${service.name}:*`],
    [{ match: { prefix: "/" }, directResponse }],
  );
});

/**
 * The routes of what goes out, by the host that is called. Where two virtual services claim a host (Envoy does
 * not tell upper from lower case), the one whose name comes first has it.
 */
export function hostRoutes(
  name: string,
  hosts: readonly Host[],
  others: readonly VirtualHostJson[],
  problems: Problems,
): Resource<RouteConfigurationJson> {
  const claimed = new Map<string, Service>();
  const accepted = hosts
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .filter(({ service, claims }) => {
      const leaveOut = (why: string) =>
        problems.add(`virtualService/${service.name}`, "", `${why}: it is left out`);
      if (claims.length === 0) {
        leaveOut(`${JSON.stringify(service.name)} cannot be called as a host`);
        return false;
      }
      for (const domain of claims) {
        const claimant = claimed.get(domain);
        if (claimant === undefined) continue;
        leaveOut(`virtual service ${claimant.name} has the same host name`);
        return false;
      }
      for (const domain of claims) claimed.set(domain, service);
      return true;
    });
  return configuration(list(accepted), list(others), name);
}

const configuration = memo(
  (
    hosts: readonly Host[],
    others: readonly VirtualHostJson[],
    name: string,
  ): Resource<RouteConfigurationJson> => ({
    name,
    json: { name, virtualHosts: [...hosts.map(({ json }) => json), ...others] },
    entities: [...new Set(hosts.flatMap(({ service }) => service.entities))],
  }),
);
