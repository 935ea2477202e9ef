import type { VirtualHostJson } from "../gen/envoy/config/route/v3/route_components_pb.js";
import type { RouteConfigurationJson } from "../gen/envoy/config/route/v3/route_pb.js";
import { list, memo } from "./memo.js";
import type { Problems } from "./problems.js";
import type { Resource } from "./resources.js";
import { answer } from "./routes.js";
import type { Service } from "./services.js";

/** A virtual host, and the virtual service that it is for. */
export interface Host {
  readonly service: Service;
  readonly json: VirtualHostJson;
}

/**
 * A port of a virtual service as a virtual host. `bare`: requests that name no port are for it as well.
 * The same object for every proxy that calls the service in the same way.
 */
export const serviceHost = memo((service: Service, port: number, bare: boolean): Host => {
  const served = service.ports.find((candidate) => candidate.port === port);
  if (served === undefined) throw new RangeError(`${service.name} has no port ${port}`);
  const withPort = `${service.name}:${port}`;
  return {
    service,
    json: {
      name: bare ? service.name : withPort,
      domains: bare ? [service.name, withPort] : [withPort],
      routes:
        served.routes.length > 0
          ? [...served.routes]
          : [
              {
                match: { prefix: "/" },
                directResponse: answer(
                  404,
                  `no route of virtual service ${service.name} serves port ${port}`,
                ),
              },
            ],
    },
  };
});

/** What a virtual service without ports answers, on whichever port it is called. */
export const unavailableHost = memo(
  (service: Service): Host => ({
    service,
    json: {
      name: service.name,
      domains: [service.name, `${service.name}:*`],
      routes: [{ match: { prefix: "/" }, directResponse: answer(503, service.unavailable ?? "") }],
    },
  }),
);

/** Host names as Envoy takes them: printable ASCII without its wildcard. */
const hostName = /^[!-)+-~]+$/;

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
    .toSorted((a, b) => (a.json.name && b.json.name && a.json.name < b.json.name ? -1 : 1))
    .filter(({ service, json }) => {
      const entity = `virtualService/${service.name}`;
      if (!hostName.test(service.name)) {
        problems.add(
          entity,
          "",
          `${JSON.stringify(service.name)} cannot be called as a host: it is left out`,
        );
        return false;
      }
      const domains = (json.domains ?? []).map((domain) => domain.toLowerCase());
      const claimant = domains.map((domain) => claimed.get(domain)).find((service) => service !== undefined);
      if (claimant !== undefined) {
        problems.add(
          entity,
          "",
          `virtual service ${claimant.name} has the same host name: this one is left out`,
        );
        return false;
      }
      for (const domain of domains) claimed.set(domain, service);
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
