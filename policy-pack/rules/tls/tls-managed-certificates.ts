import type { Path } from "@pulumi-appmesh/model";
import { rule } from "../../rule.js";
import { managedKeys } from "../frameworks.js";
import { envoy } from "../links.js";
import { eachPolicy } from "./client-policies.js";

export const tlsManagedCertificates = rule({
  name: "tls-managed-certificates",
  title: "Keys do not lie in files",
  family: "tls",
  severity: "medium",
  what: "Certificates come from AWS Certificate Manager or a secret discovery service, not from files.",
  why: "A private key in a file is copied with the image or the volume, and nobody rotates it.",
  remediation: ["Use certificate.acm, or certificate.sds with an agent such as SPIRE's."],
  link: envoy("intro/arch_overview/security/ssl"),
  level: "disabled",
  frameworks: managedKeys,
  settings: {},
  kinds: ["virtualNode", "virtualGateway"],
  check({ spec, kind }, judge) {
    const managed = (certificate: { readonly file?: unknown } | undefined, path: Path) => {
      if (certificate?.file === undefined) return;
      judge.find([...path, "certificate", "file"], {
        message: "the private key is in a file",
        fix: path.includes("listeners") ? "use acm or sds" : "use sds",
      });
    };
    judge.each<{ readonly tls?: { readonly certificate?: { readonly file?: unknown } } }>(
      spec.listeners,
      ["spec", "listeners"],
      ({ tls }, path) => managed(tls?.certificate, [...path, "tls"]),
    );
    if (kind === "virtualNode" && !spec.backends?.length) {
      managed(spec.backendDefaults?.clientPolicy?.tls?.certificate, [
        "spec",
        "backendDefaults",
        "clientPolicy",
        "tls",
      ]);
    } else eachPolicy(spec, kind, judge, ({ tls, path }) => managed(tls?.certificate, path));
  },
});
