import {
  accountId,
  atMostOne,
  boolean,
  enumeration,
  exactlyOne,
  type Infer,
  integer,
  json,
  list,
  map,
  number,
  optional,
  required,
  resourceName,
  string,
  structure,
} from "@pulumi-appmesh/model";

const text = string({ minLength: 1 });
const portNumber = integer({ min: 1, max: 65535 });
const image = string({ minLength: 1, maxLength: 512 });

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
  "Where the Envoy of a pod finds the control plane, and how the two prove who they are. The connection is TLS, and the " +
    "control plane's certificate is checked: against the public authorities that the image knows, or against trust or " +
    "trustFrom. What comes from Secrets is taken again whenever it changes.",
  {
    host: required(
      string({ minLength: 1, maxLength: 253 }),
      "Host name or address of the control plane's xDS server.",
    ),
    port: optional(portNumber, "Its port. Defaults to 18000."),
    serverName: optional(
      string({ minLength: 1, maxLength: 253 }),
      "Name that its certificate must have. Defaults to the host.",
    ),
    trust: optional(
      text,
      "The authorities that may have signed its certificate, as PEM. They are no secret.",
    ),
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
    plaintext: optional(
      boolean(),
      "Whether the connection is not encrypted, in a network where nobody else is. Then nothing proves who the proxy is. " +
        "Defaults to false.",
    ),
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
        explicit:
          "It is not redirected: Envoy listens on the ports of the virtual node, the application on others, and calls " +
          "through an HTTP proxy. For clusters that grant no NET_ADMIN.",
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
    appPorts: optional(
      map(portNumber),
      "By port of the virtual node's listener, the port on 127.0.0.1 where the application listens instead. Only for " +
        "explicit, which needs one for each listener.",
    ),
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
  logLevel: optional(
    enumeration("PodEnvoyLogLevel", "Least severe messages that Envoy logs.", {
      trace: "Everything.",
      debug: "Much for looking for a mistake.",
      info: "What happens.",
      warning: "What may be wrong.",
      error: "What is wrong.",
      critical: "What ends it.",
      off: "Nothing.",
    }),
    "Least severe messages that are logged. Defaults to warning.",
  ),
  concurrency: optional(integer({ min: 1, max: 128 }), "Threads that serve traffic. Defaults to 2."),
  adminPort: optional(portNumber, "Port of the admin interface on 127.0.0.1. Defaults to 9901."),
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
  {
    tracer: optional(
      enumeration("PodTracer", "What takes the traces of a pod.", {
        otel: "An OpenTelemetry collector: AWS's own (ADOT), which passes traces on to X-Ray.",
        xray: "The X-Ray daemon. AWS ends its support on 2027-02-25: choose otel, which reaches X-Ray, too.",
      }),
      "What takes the traces. Defaults to otel.",
    ),
    samplingRate: optional(
      number({ min: 0, max: 1 }),
      "Share of the requests without a decision of their caller's that are traced, 0 to 1. Defaults to 0.05.",
    ),
    segmentName: optional(
      text,
      "Name of the proxy in traces. Defaults to the mesh and the virtual node, as shop/catalog.",
    ),
    host: optional(
      text,
      "Where a collector (OTLP by gRPC) or daemon runs already. Then none is put beside Envoy. An X-Ray daemon is named " +
        "by its IP address.",
    ),
    port: optional(portNumber, "Its port. Defaults to 4317 of a collector and 2000 of a daemon."),
    image: optional(image, "Image of the collector or daemon beside Envoy, with a tag or a digest."),
    config: optional(
      text,
      "Configuration of the collector beside Envoy, as YAML. Defaults to one that takes OTLP on 127.0.0.1 and passes " +
        "traces on to X-Ray. Only for otel.",
    ),
  },
);

/** What makes a pod part of a mesh, whatever runs in it: options of `addMeshToPod`, inputs of the components. */
export const podOptions = {
  meshName: required(resourceName, "Name of the mesh."),
  meshOwner: optional(
    accountId,
    "Account that owns the mesh, twelve digits, if it is shared by another account.",
  ),
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
