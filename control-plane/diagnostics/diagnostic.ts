import type { Address } from "../mesh/address.js";

/** Something in a mesh that does not do what it says. What a client is told of it. */
export interface Diagnostic {
  readonly severity: Severity;
  readonly code: Code;
  /** As in ARNs and node ids: `virtualNode/catalog-v1`, `virtualRouter/catalog/route/canary`. */
  readonly entity: string;
  readonly arn: string;
  /** Where in the entity: `spec.backends[0].virtualService.virtualServiceName`. Empty where it is the entity itself. */
  readonly path: string;
  /** What is wrong, and what happens because of it. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** `error`: traffic fails, or something that was asked for is not done. `warning`: it works, but not as it reads. */
export type Severity = "error" | "warning";

/** Every kind of problem, with what it is. */
export const codes = {
  MissingBackend: { severity: "error", says: "A backend names a virtual service that does not exist." },
  DuplicateBackend: { severity: "warning", says: "A virtual node names a backend twice." },
  MissingProvider: { severity: "error", says: "A virtual service's provider does not exist." },
  NoProvider: { severity: "error", says: "A virtual service has no provider." },
  MissingTarget: { severity: "error", says: "A route sends to a virtual node that does not exist." },
  MissingGatewayTarget: {
    severity: "error",
    says: "A gateway route sends to a virtual service that does not exist.",
  },
  NoRoutes: { severity: "error", says: "A virtual router has no routes." },
  NoListeners: { severity: "warning", says: "A virtual router has no listeners." },
  NoGatewayRoutes: { severity: "warning", says: "A virtual gateway has no gateway routes." },
  RouteProtocol: {
    severity: "error",
    says: "No listener of its router or gateway speaks the protocol of a route.",
  },
  RoutePort: {
    severity: "error",
    says: "A route is for a port that its router or gateway does not listen on.",
  },
  TargetPort: { severity: "error", says: "A route sends to a port that its target does not listen on." },
  TargetPortUnclear: {
    severity: "warning",
    says: "A route's target listens on several ports, and the route names none.",
  },
  TargetProtocol: {
    severity: "error",
    says: "A route's target speaks a protocol in which it cannot be sent what the route takes.",
  },
  TargetProtocolDiffers: {
    severity: "warning",
    says: "A route's target speaks another protocol than the route, and requests are converted.",
  },
  ZeroWeights: { severity: "error", says: "All weights of a route are 0." },
  UnreachableRoute: { severity: "warning", says: "Another route takes everything that a route matches." },
  TimeoutCutShort: {
    severity: "warning",
    says: "A route allows a request more time than its target's listener does.",
  },
  RetriesCutShort: {
    severity: "warning",
    says: "A route allows a request less time than its retries may take.",
  },
  UnusedVirtualNode: { severity: "warning", says: "Nothing sends traffic to a virtual node that listens." },
  UnusedVirtualRouter: { severity: "warning", says: "No virtual service is provided by a virtual router." },
  UnusedVirtualService: { severity: "warning", says: "Nothing calls a virtual service." },
  WithoutEffect: { severity: "warning", says: "A field has no effect where it is." },
  UnreadableRecord: {
    severity: "error",
    says: "The store has something of a mesh that cannot be read: a later release wrote it, or it was damaged.",
  },
  NotInEffect: { severity: "error", says: "Proxies do not do something that an entity asks for." },
} as const satisfies Record<string, { readonly severity: Severity; readonly says: string }>;

export type Code = keyof typeof codes;

/** What a rule has found. */
export interface Finding {
  readonly code: Code;
  readonly address: Address;
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
  /** Further places at which translation tells of the same. That at its own place is meant in any case. */
  readonly covers?: readonly { readonly entity: string; readonly path: string }[];
}
