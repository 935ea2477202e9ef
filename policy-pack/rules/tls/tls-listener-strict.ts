import { rule } from "../../rule.js";
import { encryptedInTransit } from "../frameworks.js";
import { envoy } from "../links.js";
import { strictListener } from "./strict-listener.js";

export const tlsListenerStrict = rule({
  name: "tls-listener-strict",
  title: "Virtual nodes take TLS alone",
  family: "tls",
  severity: "high",
  what: "Every listener of a virtual node has TLS in mode STRICT.",
  why: "What a listener takes without TLS can be read and changed on its way, and anybody who reaches the port can send it.",
  remediation: [
    "Give the listener tls with mode STRICT and a certificate.",
    "While callers move over, use PERMISSIVE with an exemption that expires.",
    "Exempt virtual nodes of what is outside the mesh, beside which no proxy ends TLS, and of meshes whose settings have managedTls in mode STRICT.",
  ],
  link: envoy("intro/arch_overview/security/ssl"),
  level: "mandatory",
  frameworks: encryptedInTransit,
  settings: {},
  kinds: ["virtualNode"],
  check({ spec }, judge) {
    if (!spec.listeners?.length) return judge.notApplicable("it has no listener");
    judge.each(spec.listeners, ["spec", "listeners"], (listener, path) =>
      strictListener(listener, path, judge),
    );
  },
});
