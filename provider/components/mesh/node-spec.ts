import type { Lift } from "./lift.js";

/** What the virtual node of a service is made of; any part, at any depth, may be one that only `Lift` can look into. */
export interface NodeParts {
  readonly listeners?: unknown;
  readonly backends?: unknown;
  readonly backendDefaults?: unknown;
  readonly logging?: unknown;
}

/** Its spec. `awsCloudMap` says where its tasks are found, if they are. */
export function nodeSpec(
  { listeners, backends, backendDefaults, logging }: NodeParts,
  awsCloudMap: object | undefined,
  lift: Lift,
): object {
  const members = {
    listeners,
    serviceDiscovery: awsCloudMap && { awsCloudMap },
    backends:
      backends === undefined
        ? undefined
        : lift(backends, (names: unknown[]) =>
            names.map((virtualServiceName) => ({ virtualService: { virtualServiceName } })),
          ),
    backendDefaults,
    logging,
  };
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== null),
  );
}
