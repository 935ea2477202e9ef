import { portNumber } from "../port-mapping.js";
import { boolean, type Infer, list, optional, required, structure } from "../shape.js";
import { ClientTlsCertificate } from "./certificate.js";
import { TlsValidationContext } from "./validation.js";

export const ClientPolicyTls = structure(
  "ClientPolicyTls",
  "TLS of the connections that a proxy opens to backends.",
  {
    validation: required(TlsValidationContext, "How the certificate of the backend is checked."),
    certificate: optional(
      ClientTlsCertificate,
      "The certificate that is shown to the backend when it asks for one (mutual TLS). If unset, none is shown.",
    ),
    enforce: optional(
      boolean(),
      "Whether connections without TLS are refused. If unset, the data plane applies true.",
    ),
    ports: optional(
      list(portNumber),
      "Ports of the backend to which the policy applies, each 1 to 65535. If unset, it applies to every port.",
    ),
  },
);
export type ClientPolicyTls = Infer<typeof ClientPolicyTls>;

export const ClientPolicy = structure("ClientPolicy", "How a proxy connects to backends.", {
  tls: optional(
    ClientPolicyTls,
    "TLS towards the backend. If unset, TLS is used where the backend offers it.",
  ),
});
export type ClientPolicy = Infer<typeof ClientPolicy>;

export const BackendDefaults = structure(
  "BackendDefaults",
  "What applies to every backend that says nothing else.",
  {
    clientPolicy: optional(
      ClientPolicy,
      "How the proxy connects to backends. If unset, TLS is used where a backend offers it.",
    ),
  },
);
export type BackendDefaults = Infer<typeof BackendDefaults>;
