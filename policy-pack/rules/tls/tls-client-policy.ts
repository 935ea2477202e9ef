import { rule } from "../../rule.js";
import { encryptedInTransit } from "../frameworks.js";
import { envoy } from "../links.js";
import { eachPolicy } from "./client-policies.js";

export const tlsClientPolicy = rule({
  name: "tls-client-policy",
  title: "Clients ask for TLS",
  family: "tls",
  severity: "high",
  what: "Virtual nodes and gateways have a TLS client policy for every backend.",
  why: "Without one a proxy goes on without TLS where the other side offers none, and never looks at who answers.",
  remediation: [
    "Give backendDefaults.clientPolicy.tls with a validation, or one for each backend.",
    "Exempt virtual nodes of meshes whose settings have managedTls in mode STRICT, and those whose application itself speaks TLS with what is outside the mesh.",
  ],
  link: envoy("intro/arch_overview/security/ssl"),
  level: "mandatory",
  frameworks: encryptedInTransit,
  settings: {},
  kinds: ["virtualNode", "virtualGateway"],
  check({ spec, kind }, judge) {
    eachPolicy(spec, kind, judge, ({ tls, path, to }) => {
      if (tls !== undefined) return;
      judge.find(path, {
        message: `there is no TLS client policy for ${to}`,
        fix: "give one with a validation of the certificate",
      });
    });
  },
});
