import { rule } from "../../rule.js";
import { envoy } from "../links.js";
import { retryPolicy } from "./request-routes.js";

/**
 * After these the request may have been carried out. A stream may have broken, or been given up after perRetryTimeout, while the
 * request was being answered.
 */
const afterwards = {
  httpRetryEvents: ["server-error", "gateway-error", "client-error", "stream-error"],
  grpcRetryEvents: ["cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable"],
} as const;

export const retryIdempotentOnly = rule<"route", { methods: readonly string[]; grpc: boolean }>({
  name: "retry-idempotent-only",
  title: "Nothing is done twice",
  family: "retries",
  severity: "high",
  what: "What may have been carried out is tried again only where doing it twice does no harm.",
  why: "A payment that is tried again after its answer was lost is paid twice.",
  remediation: [
    "Match the methods that may be repeated by routes of their own, with match.method.",
    "For all others retry connection-error alone, after which nothing has happened yet.",
  ],
  link: envoy("intro/arch_overview/http/http_routing#retry-semantics"),
  level: "advisory",
  frameworks: [],
  settings: {
    methods: {
      type: "array",
      items: { type: "string" },
      default: ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"],
      description:
        "Methods that may be repeated. The default is those that RFC 9110, section 9.2.2, calls idempotent.",
    },
    grpc: {
      type: "boolean",
      default: false,
      description: "Whether gRPC methods of this stack may all be repeated. A gRPC route does not tell.",
    },
  },
  kinds: ["route"],
  check({ spec }, judge) {
    const found = retryPolicy(spec, judge);
    if (found === undefined) return;
    const { policy, policyPath, route, protocol } = found;
    if (policy.maxRetries === 0) return judge.notApplicable("its retries are switched off");
    const { methods, grpc } = judge.config;
    if (protocol === "gRPC" && grpc)
      return judge.notApplicable("gRPC methods may be repeated, by configuration");
    const method = "method" in route.match ? route.match.method : undefined;
    if (method !== undefined && methods.includes(method)) return;
    const whose =
      protocol === "gRPC"
        ? "a gRPC method, which may not be repeatable"
        : method === undefined
          ? "any method, POST included"
          : method;
    for (const [member, events] of Object.entries(afterwards)) {
      const given =
        (
          policy as { readonly [member: string]: unknown } as Readonly<
            Record<string, readonly string[] | undefined>
          >
        )[member] ?? [];
      judge.each(given, [...policyPath, member], (event, path) => {
        if (!(events as readonly string[]).includes(event)) return;
        judge.find(path, {
          message: `after ${event} the request may have been carried out, and the route takes ${whose}`,
          fix: `match ${protocol === "gRPC" ? "repeatable gRPC methods" : "repeatable methods"} by a route of their own, or leave ${event} out`,
        });
      });
    }
  },
});
