import { rule } from "../../rule.js";
import { namesEvents } from "../common.js";
import { envoy } from "../links.js";
import { retryable } from "./request-routes.js";

export const retryPolicyRequired = rule({
  name: "retry-policy-required",
  title: "Routes say what is tried again",
  family: "retries",
  severity: "medium",
  what: "Every HTTP, HTTP/2 and gRPC route has a retry policy with at least one event.",
  why: "Without one the mesh's default applies, which retries status 503 of any method twice; a policy without events never retries.",
  remediation: [
    "Give the route a retryPolicy with the events that are safe for it, or maxRetries 0 to have none.",
  ],
  link: envoy("intro/arch_overview/http/http_routing#retry-semantics"),
  level: "mandatory",
  frameworks: [],
  settings: {},
  kinds: ["route"],
  check({ spec }, judge) {
    const found = retryable(spec, judge);
    if (found === undefined) return;
    const { route, path, protocol } = found;
    const { retryPolicy } = route;
    if (retryPolicy === undefined) {
      judge.find([...path, "retryPolicy"], {
        message: `the ${protocol} route has no retry policy`,
        fix: "give one, or one with maxRetries 0 where nothing may be tried again",
      });
      return;
    }
    if (retryPolicy.maxRetries === 0) return;
    if (!namesEvents(retryPolicy)) {
      judge.find([...path, "retryPolicy"], {
        message: "the retry policy names no event, so that nothing is ever tried again",
        fix: `name events, such as ${protocol === "gRPC" ? "grpcRetryEvents unavailable" : "httpRetryEvents gateway-error"}, or set maxRetries to 0`,
      });
    }
  },
});
