import { rule } from "../../rule.js";
import { milliseconds, requestRoute, show } from "../common.js";
import { envoy } from "../links.js";

export const requestTimeout = rule<"route", { maximumSeconds: number }>({
  name: "request-timeout",
  title: "Requests end",
  family: "resiliency",
  severity: "medium",
  what: "Every HTTP, HTTP/2 and gRPC route limits the time of a request, or, for streams, of silence in it, and every TCP route the time of silence.",
  why: "A request without a limit holds a connection, memory and its caller for as long as the other side hangs.",
  remediation: [
    "Give timeout.perRequest (TCP: timeout.idle) a value above 0 that the slowest good answer fits into.",
    "Where answers are streams that may last for ever, give perRequest 0 and timeout.idle a value above 0.",
  ],
  link: envoy("faq/configuration/timeouts"),
  level: "advisory",
  frameworks: [],
  settings: {
    maximumSeconds: {
      type: "integer",
      minimum: 1,
      default: 300,
      description: "Longest time limit of a request, in seconds.",
    },
  },
  kinds: ["route"],
  check({ spec }, judge) {
    if (spec.tcpRoute) {
      const { timeout } = spec.tcpRoute;
      if (timeout?.idle?.value !== 0) return;
      judge.find(["spec", "tcpRoute", "timeout", "idle"], {
        message: "0 switches the limit off: a connection that nobody uses stays for ever",
        fix: "leave it out for 300 s, or give a value above 0",
      });
      return;
    }
    const found = requestRoute(spec);
    if (found === undefined) return;
    const { route, protocol } = found;
    const { perRequest, idle } = route.timeout ?? {};
    const path = [...found.path, "timeout", "perRequest"];
    const { maximumSeconds } = judge.config;
    if (perRequest === undefined) {
      judge.find(path, {
        message: `the ${protocol} route says nothing of the time of a request, so that 15 s apply`,
        fix: "give the time that the slowest good answer takes",
      });
    } else if (perRequest.value === 0) {
      // A stream may go on for as long as it does, if it ends once nothing moves in it.
      if (idle !== undefined && idle.value > 0) return;
      judge.find(path, {
        message: "0 switches the limit off",
        fix: `give a value from 1 ms to ${maximumSeconds} s, or, where answers are streams, timeout.idle above 0`,
      });
    } else if (milliseconds(perRequest) > maximumSeconds * 1000) {
      judge.find(path, {
        message: `${show(perRequest)} are longer than the ${maximumSeconds} s that are allowed`,
        fix: `give ${maximumSeconds} s or less`,
      });
    }
  },
});
