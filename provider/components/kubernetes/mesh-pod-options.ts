import {
  atMostOne,
  enumeration,
  exactlyOne,
  type Infer,
  integer,
  json,
  list,
  optional,
  portNumber,
  required,
  string,
  structure,
} from "@pulumi-appmesh/model";
import { image, text } from "../shapes.js";
import {
  appPorts,
  controlPlaneDoc,
  controlPlaneMembers,
  envoyMembers,
  explicitDoc,
  meshMembers,
  tracingMembers,
} from "../sidecar/options.js";

const { plaintext, ...connection } = controlPlaneMembers;

const PodSecretKey = structure("PodSecretKey", "One value of a Secret in the namespace of a pod.", {
  name: required(text, "Name of the Secret."),
  key: required(text, "Key of the value."),
});

const PodServiceAccountToken = structure(
  "PodServiceAccountToken",
  "The token of a pod's service account, by which its proxy proves who it is.",
  {
    audience: optional(text, "Whom the token is for. Defaults to appmesh."),
    expirationSeconds: optional(
      integer({ min: 600, max: 4294967296 }),
      "Seconds after which the token ends; Kubernetes renews it before. Defaults to 3600.",
    ),
  },
);

export const PodControlPlane = structure(
  "PodControlPlane",
  `${controlPlaneDoc("pod")} What comes from Secrets is taken again whenever it changes.`,
  {
    ...connection,
    trustFrom: optional(PodSecretKey, "The same from a Secret."),
    certificateFrom: optional(
      PodSecretKey,
      "The certificate that proves who the proxy is, and those that vouch for it, as PEM.",
    ),
    privateKeyFrom: optional(PodSecretKey, "The key of that certificate, as PEM."),
    tokenFrom: optional(PodSecretKey, "A token that the control plane issued, instead of a certificate."),
    serviceAccountToken: optional(
      PodServiceAccountToken,
      "The token of the pod's service account, which is what proves who the proxy is where no other proof is named.",
    ),
    plaintext,
  },
  atMostOne("trust", "trustFrom"),
  atMostOne("certificateFrom", "tokenFrom", "serviceAccountToken"),
);

export const PodInterception = structure(
  "PodInterception",
  "How the traffic of a pod's application gets into its Envoy.",
  {
    mode: optional(
      enumeration("PodInterceptionMode", "How traffic gets into the Envoy of a pod.", {
        initContainer: "A container that runs first redirects it with iptables, for which it has NET_ADMIN.",
        explicit: `${explicitDoc} For clusters that grant no NET_ADMIN.`,
      }),
      "How traffic gets into Envoy. Defaults to initContainer.",
    ),
    image: optional(
      image,
      "Image with sh and iptables, with a tag or a digest. initContainer needs one; there is no default.",
    ),
    egressIgnoredIps: optional(
      list(text),
      "Addresses and networks that the application calls past Envoy. Defaults to that of an instance's metadata and " +
        "credentials, 169.254.169.254, and of EKS Pod Identity, 169.254.170.23. Not for explicit.",
    ),
    egressIgnoredPorts: optional(
      list(portNumber, { maxItems: 14 }),
      "Ports that the application calls past Envoy beside 22, at most 14. Defaults to none. Not for explicit.",
    ),
    appPorts,
  },
);

export const PodEnvoy = structure("PodEnvoy", "The Envoy of a pod.", {
  image: optional(
    image,
    "An image of plain Envoy that has bash, with a tag or a digest. Defaults to envoyproxy/envoy of the version that this " +
      "package is tested with.",
  ),
  name: optional(
    string({ minLength: 1, maxLength: 54 }),
    "Name of the container, a label of DNS. Defaults to envoy.",
  ),
  ...envoyMembers("pod"),
  probePort: optional(
    portNumber,
    "Port on which the kubelet asks by Envoy whether the application is well, where it would otherwise ask through the mesh. " +
      "Defaults to 15020. Not for a virtual gateway.",
  ),
  resources: optional(
    json(),
    "Resources of the container, in Kubernetes' words. Defaults to requests of 100m CPU and 128Mi of memory.",
  ),
});

export const PodTracing = structure(
  "PodTracing",
  "Where the Envoy of a pod tells of the requests that pass it.",
  tracingMembers("pod"),
);

/** What makes a pod part of a mesh, whatever runs in it: options of `addMeshToPod`, inputs of the components. */
export const podOptions = {
  ...meshMembers,
  controlPlane: required(PodControlPlane, "Where Envoy finds the control plane."),
  envoy: optional(PodEnvoy, "The Envoy of each pod."),
  tracing: optional(PodTracing, "Where Envoy tells of requests. Unset, they are not traced."),
  drainSeconds: optional(
    integer({ min: 0, max: 600 }),
    "Seconds in which Envoy, once the pod is told to stop, answers what still comes and asks its clients to go elsewhere, " +
      "before the containers are told to stop that have no preStop of their own. They are added to the pod's grace period. " +
      "Defaults to 20.",
  ),
} as const;

export const MeshPodOptions = structure(
  "MeshPodOptions",
  "What makes a pod part of a mesh.",
  {
    ...podOptions,
    virtualNode: optional(
      text,
      "Virtual node that the pod is one of: its name, its id MESH/NAME or its ARN.",
    ),
    virtualGateway: optional(
      text,
      "Virtual gateway that the pod is one of: its name, its id MESH/NAME or its ARN. Such a pod needs no container but Envoy.",
    ),
    interception: optional(
      PodInterception,
      "How the application's traffic gets into Envoy. A virtual node needs it; a virtual gateway has no application.",
    ),
    listenerPorts: optional(
      list(portNumber),
      "Ports of the listeners. Required for a virtual gateway; of a virtual node, it defaults to the TCP ports of the pod's " +
        "containers, if that is one at the most.",
    ),
  },
  exactlyOne("virtualNode", "virtualGateway"),
);

/** What `addMeshToPod` is told besides the pod's spec. */
export type MeshPodOptions = Infer<typeof MeshPodOptions>;
