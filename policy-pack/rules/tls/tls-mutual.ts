import { rule } from "../../rule.js";
import { authenticatedServices } from "../frameworks.js";
import { envoy } from "../links.js";
import { eachPolicy } from "./client-policies.js";

export const tlsMutual = rule({
  name: "tls-mutual",
  title: "Both sides prove who they are",
  family: "tls",
  severity: "high",
  what: "Listeners of virtual nodes check the certificates of their clients, and clients show one.",
  why: "With one-sided TLS everybody who reaches a service may call it, and the service does not know who does.",
  remediation: [
    "Give listeners tls.validation with the authority that issues to clients.",
    "Give client policies a certificate.",
  ],
  link: envoy("intro/arch_overview/security/ssl"),
  level: "disabled",
  frameworks: authenticatedServices,
  settings: {},
  kinds: ["virtualNode", "virtualGateway"],
  check({ spec, kind }, judge) {
    // Who calls a gateway is outside the mesh.
    if (kind === "virtualNode") {
      judge.each(spec.listeners, ["spec", "listeners"], ({ tls }, path) => {
        if (tls !== undefined && tls.validation !== undefined) return;
        judge.find([...path, "tls", "validation"], {
          message: "clients are not asked for a certificate",
          fix: "give validation with the trusted authorities",
        });
      });
      if (!spec.backends?.length) return;
    }
    eachPolicy(spec, kind, judge, ({ tls, path, to }) => {
      if (tls !== undefined && tls.certificate !== undefined) return;
      judge.find([...path, "certificate"], {
        message: `no certificate is shown to ${to}`,
        fix: "give a certificate",
      });
    });
  },
});
