import { rule } from "../../rule.js";
import { authenticatedServices } from "../frameworks.js";
import { envoy } from "../links.js";
import { eachPolicy } from "./client-policies.js";

export const tlsNamesPinned = rule({
  name: "tls-names-pinned",
  title: "Clients say whom they expect",
  family: "tls",
  severity: "medium",
  what: "TLS client policies name the subject alternative names that they accept.",
  why: "A certificate authority issues for many services: without a name, whoever holds one of its certificates and takes over the address passes.",
  remediation: [
    "Give validation.subjectAlternativeNames.match.exact with the names in the backend's certificate.",
  ],
  link: envoy("intro/arch_overview/security/ssl"),
  level: "advisory",
  frameworks: authenticatedServices,
  settings: {},
  kinds: ["virtualNode", "virtualGateway"],
  check({ spec, kind }, judge) {
    eachPolicy(spec, kind, judge, ({ tls, path, to }) => {
      if (tls === undefined || tls.validation.subjectAlternativeNames?.match.exact.length) return;
      judge.find([...path, "validation", "subjectAlternativeNames"], {
        message: `no name is expected of ${to}`,
        fix: "give match.exact with the names in its certificate",
      });
    });
  },
});
