import { rule } from "../../rule.js";
import { encryptedInTransit } from "../frameworks.js";
import { envoy } from "../links.js";
import { strictListener } from "./strict-listener.js";

export const tlsGatewayStrict = rule({
  name: "tls-gateway-strict",
  title: "Virtual gateways take TLS alone",
  family: "tls",
  severity: "critical",
  what: "Every listener of a virtual gateway has TLS in mode STRICT.",
  why: "A gateway takes traffic from outside the mesh, which crosses networks that the mesh does not protect.",
  remediation: [
    "Give the listener tls with mode STRICT and a certificate.",
    "Where a load balancer ends TLS and the way from it is private, exempt the gateway and say so.",
  ],
  link: envoy("intro/arch_overview/security/ssl"),
  level: "mandatory",
  frameworks: encryptedInTransit,
  settings: {},
  kinds: ["virtualGateway"],
  check({ spec }, judge) {
    judge.each(spec.listeners, ["spec", "listeners"], (listener, path) =>
      strictListener(listener, path, judge),
    );
  },
});
