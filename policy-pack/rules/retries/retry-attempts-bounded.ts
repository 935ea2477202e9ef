import { rule } from "../../rule.js";
import { envoy } from "../links.js";
import { retryPolicy } from "./request-routes.js";

export const retryAttemptsBounded = rule<"route", { maximum: number }>({
  name: "retry-attempts-bounded",
  title: "Retries come to an end",
  family: "retries",
  severity: "medium",
  what: "A route retries a request at most a few times.",
  why: "When a service is overloaded, every retry is load that it gets on top.",
  remediation: ["Lower maxRetries."],
  link: envoy("intro/arch_overview/http/http_routing#retry-semantics"),
  level: "mandatory",
  frameworks: [],
  settings: {
    maximum: { type: "integer", minimum: 0, default: 3, description: "Most retries of one request." },
  },
  kinds: ["route"],
  check({ spec }, judge) {
    const found = retryPolicy(spec, judge);
    if (found === undefined) return;
    const { maxRetries } = found.policy;
    const { maximum } = judge.config;
    if (maxRetries <= maximum) return;
    judge.find([...found.policyPath, "maxRetries"], {
      message: `${maxRetries} retries are more than the ${maximum} that are allowed`,
      fix: `set maxRetries to ${maximum} or less`,
    });
  },
});
