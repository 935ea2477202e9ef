import { enumeration, type Infer, optional, required, structure } from "../shape.js";
import { ListenerTlsCertificate } from "./certificate.js";
import { ListenerTlsValidationContext } from "./validation.js";

export const ListenerTlsMode = enumeration("ListenerTlsMode", "Which connections a listener accepts.", {
  STRICT: "Only connections with TLS.",
  PERMISSIVE: "Connections with and without TLS.",
  DISABLED: "Only connections without TLS.",
});
export type ListenerTlsMode = Infer<typeof ListenerTlsMode>;

export const ListenerTls = structure("ListenerTls", "TLS of a listener.", {
  mode: required(ListenerTlsMode, "Which connections are accepted: STRICT, PERMISSIVE or DISABLED."),
  certificate: required(ListenerTlsCertificate, "The certificate that the listener shows to its clients."),
  validation: optional(
    ListenerTlsValidationContext,
    "How the certificates of clients are checked (mutual TLS). If unset, clients need none.",
  ),
});
export type ListenerTls = Infer<typeof ListenerTls>;
