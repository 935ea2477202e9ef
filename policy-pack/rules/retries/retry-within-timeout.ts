import { rule } from "../../rule.js";
import { defaultRequestMilliseconds, milliseconds, show } from "../common.js";
import { envoy } from "../links.js";
import { retryPolicy } from "./request-routes.js";

export const retryWithinTimeout = rule({
  name: "retry-within-timeout",
  title: "Every attempt has its time",
  family: "retries",
  severity: "medium",
  what: "The attempts of a route have a time limit each, and together fit into the time limit of the request.",
  why: "Without a limit of its own, one attempt that hangs uses up the time of all; what does not fit is never tried.",
  remediation: [
    "Set perRetryTimeout so that (maxRetries + 1) times as much is no longer than timeout.perRequest, which is 15 s where it is not given.",
  ],
  link: envoy("intro/arch_overview/http/http_routing#retry-semantics"),
  level: "mandatory",
  frameworks: [],
  settings: {},
  kinds: ["route"],
  check({ spec }, judge) {
    const found = retryPolicy(spec, judge);
    if (found === undefined) return;
    const { policy, policyPath, route } = found;
    if (policy.maxRetries === 0) return judge.notApplicable("its retries are switched off");
    const { perRetryTimeout, maxRetries } = policy;
    const path = [...policyPath, "perRetryTimeout"];
    if (perRetryTimeout.value === 0) {
      judge.find(path, {
        message: "0 gives an attempt all the time of the request, so that none is left for a retry",
        fix: "give each attempt its share of the request's time",
      });
      return;
    }
    const perRequest = route.timeout?.perRequest;
    if (perRequest?.value === 0) return;
    const whole = perRequest === undefined ? defaultRequestMilliseconds : milliseconds(perRequest);
    const attempts = maxRetries + 1;
    const needed = attempts * milliseconds(perRetryTimeout);
    if (needed <= whole) return;
    judge.find(path, {
      message: `${attempts} attempts of ${show(perRetryTimeout)} take ${needed} ms, and the request ${perRequest === undefined ? "by default " : ""}has ${whole} ms`,
      fix: `set perRetryTimeout to ${Math.floor(whole / attempts)} ms or less, or give the request more time`,
    });
  },
});
