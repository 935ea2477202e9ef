import { rule } from "../../rule.js";
import { encryptedInTransit } from "../frameworks.js";
import { envoy } from "../links.js";
import { eachPolicy } from "./client-policies.js";

export const tlsClientEnforced = rule({
  name: "tls-client-enforced",
  title: "Client policies are enforced",
  family: "tls",
  severity: "high",
  what: "TLS client policies are enforced, on every port.",
  why: "A policy that is not enforced, or not on the port that is called, lets connections go out without TLS.",
  remediation: ["Leave enforce out, or set it to true.", "Leave ports out."],
  link: envoy("intro/arch_overview/security/ssl"),
  level: "mandatory",
  frameworks: encryptedInTransit,
  settings: {},
  kinds: ["virtualNode", "virtualGateway"],
  check({ spec, kind }, judge) {
    eachPolicy(spec, kind, judge, ({ tls, path, to }) => {
      if (tls?.enforce === false) {
        judge.find([...path, "enforce"], {
          message: `enforce is false: connections to ${to} may go without TLS`,
          fix: "set enforce to true",
          edits: [{ path: [...path, "enforce"], value: true }],
        });
      }
      if (tls?.ports?.length) {
        judge.find([...path, "ports"], {
          message: `the policy is for ${tls.ports.length === 1 ? "port" : "ports"} ${tls.ports.join(", ")} only: connections to other ports of ${to} go without TLS`,
          fix: "leave ports out",
        });
      }
    });
  },
});
