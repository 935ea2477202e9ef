import { boolean, enumeration, type Infer, integer, optional, required, structure } from "./shape.js";

export const ManagedTls = structure(
  "ManagedTls",
  "TLS between the proxies of a mesh, with certificates that the control plane gives them and renews.",
  {
    mode: required(
      enumeration("ManagedTlsMode", "How far it goes.", {
        OFF: "Proxies speak TLS only where a virtual node says so.",
        PERMISSIVE: "Proxies of the mesh speak TLS with each other, and take plain text from all others.",
        STRICT: "Proxies take nothing but TLS of proxies of the mesh, by their certificates.",
      }),
      "How far it goes.",
    ),
    settleSeconds: optional(
      integer({ min: 1, max: 3600 }),
      "How long each step on the way lasts, in seconds: listeners first take both, then callers speak TLS, then listeners " +
        "take nothing else; and the other way round. 1 to 3600. Default: 30.",
    ),
  },
);

export const MeshSettings = structure(
  "MeshSettings",
  "What the owner of a mesh settles beyond App Mesh's model.",
  {
    defaultRetries: optional(
      boolean(),
      "Whether requests are tried again where no retry policy says so, as App Mesh did. Default: true.",
    ),
    managedTls: optional(ManagedTls, "TLS between all proxies of the mesh. Default: `OFF`."),
  },
);
/** As a client gives them. */
export type GivenMeshSettings = Infer<typeof MeshSettings>;
