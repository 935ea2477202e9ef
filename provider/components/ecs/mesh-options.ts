import {
  accountId,
  atMostOne,
  boolean,
  enumeration,
  exactlyOne,
  type Infer,
  integer,
  list,
  map,
  number,
  optional,
  required,
  resourceName,
  string,
  structure,
} from "@pulumi-appmesh/model";
import {
  ContainerDefinition,
  ContainerLogConfiguration,
  ecsName,
  portNumber,
} from "./container-definition.js";

/** A secret, as ECS names it. */
const valueFrom = string({ minLength: 1 });
const image = string({ minLength: 1, maxLength: 512 });

export const TaskControlPlane = structure(
  "TaskControlPlane",
  "Where the Envoy of a task finds the control plane, and how the two prove who they are. The connection is TLS, and " +
    "the control plane's certificate is checked: against the public authorities that the image knows, or against " +
    "trust or trustFrom.",
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
      string({ minLength: 1 }),
      "The authorities that may have signed its certificate, as PEM. They are no secret.",
    ),
    trustFrom: optional(
      valueFrom,
      "The same from a secret or parameter, as in the valueFrom of ECS's secrets.",
    ),
    certificateFrom: optional(
      valueFrom,
      "Secret with the certificate that proves who the proxy is, and those that vouch for it, as PEM.",
    ),
    privateKeyFrom: optional(valueFrom, "Secret with the key of that certificate, as PEM."),
    tokenFrom: optional(
      valueFrom,
      "Secret with the token that proves who the proxy is, instead of a certificate.",
    ),
    plaintext: optional(
      boolean(),
      "Whether the connection is not encrypted, in a network where nobody else is. Defaults to false.",
    ),
  },
  atMostOne("trust", "trustFrom"),
);

export const TaskInterception = structure(
  "TaskInterception",
  "How the traffic of a task's application gets into its Envoy.",
  {
    mode: optional(
      enumeration("TaskInterceptionMode", "How traffic gets into the Envoy of a task.", {
        proxyConfiguration: "ECS redirects it, by the proxyConfiguration of the task. For Fargate and EC2.",
        initContainer: "A container that runs first redirects it with iptables. For EC2.",
        explicit:
          "It is not redirected: Envoy listens on the ports of the virtual node, the application on others, and calls " +
          "through an HTTP proxy. For Fargate and EC2.",
      }),
      "How traffic gets into Envoy. Defaults to proxyConfiguration.",
    ),
    egressIgnoredIps: optional(
      list(string({ minLength: 1 })),
      "Addresses and networks that the application calls past Envoy. Defaults to those of the credentials and the " +
        "metadata of a task, 169.254.170.2 and 169.254.169.254, which belong in every such list. Not for explicit.",
    ),
    egressIgnoredPorts: optional(
      list(portNumber),
      "Ports that the application calls past Envoy, at most 15 with proxyConfiguration. Defaults to none; ECS always ignores 22. Not for explicit.",
    ),
    appPorts: optional(
      map(portNumber),
      "By port of the virtual node's listener, the port on 127.0.0.1 where the application listens instead. Only for " +
        "explicit, which needs one for each listener.",
    ),
    image: optional(
      image,
      "Image with sh and iptables, with a tag or a digest. Required for initContainer, and only for it; there is no default.",
    ),
  },
);

export const TaskEnvoy = structure("TaskEnvoy", "The Envoy of a task.", {
  variant: optional(
    enumeration("TaskEnvoyVariant", "What is in the image of Envoy.", {
      envoy: "Plain Envoy with a shell, as envoyproxy/envoy. Its bootstrap is on its command line.",
      appMesh:
        "AWS's own sidecar for App Mesh, as long as it can be had. It is told by environment variables.",
    }),
    "What is in the image. Defaults to envoy.",
  ),
  image: optional(
    image,
    "The image, with a tag or a digest. Defaults to envoyproxy/envoy of the version that this package is tested with.",
  ),
  name: optional(ecsName, "Name of the container. Defaults to envoy."),
  logLevel: optional(
    enumeration("TaskEnvoyLogLevel", "Least severe messages that Envoy logs.", {
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
  concurrency: optional(
    integer({ min: 1, max: 128 }),
    "Threads that serve traffic. Defaults to 2, as other meshes have it. Not for the variant appMesh.",
  ),
  adminPort: optional(portNumber, "Port of the admin interface on 127.0.0.1. Defaults to 9901."),
  sdsSocket: optional(
    string({ minLength: 1 }),
    "Unix socket of a secret discovery service. Defaults to that of SPIRE's agent.",
  ),
  container: optional(
    ContainerDefinition,
    "More of the container's definition, in ECS's words: cpu (128 by default), memoryReservation (128 MiB) and anything " +
      "else but name and image. Lists are added to what is there, other members replace it.",
  ),
});

export const TaskTracing = structure(
  "TaskTracing",
  "Where the Envoy of a task tells of the requests that pass it.",
  {
    tracer: optional(
      enumeration("TaskTracer", "What takes the traces of a task.", {
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
      string({ minLength: 1 }),
      "Name of the proxy in traces. Defaults to the mesh and the virtual node or gateway, as shop/catalog.",
    ),
    host: optional(
      string({ minLength: 1 }),
      "Where a collector (OTLP by gRPC) or daemon runs already. Then none is put beside Envoy. An X-Ray daemon is named " +
        "by its IP address.",
    ),
    port: optional(portNumber, "Its port. Defaults to 4317 of a collector and 2000 of a daemon."),
    image: optional(image, "Image of the collector or daemon beside Envoy, with a tag or a digest."),
    config: optional(
      string({ minLength: 1 }),
      "Configuration of the collector beside Envoy, as YAML. Defaults to one that takes OTLP on 127.0.0.1 and passes " +
        "traces on to X-Ray. It must have the extension health_check. Only for otel.",
    ),
    configFrom: optional(
      valueFrom,
      "The same from a secret or parameter, as in the valueFrom of ECS's secrets. Only for otel.",
    ),
    container: optional(
      ContainerDefinition,
      "More of the container's definition, as of Envoy's. Its cpu is 32 and its memoryReservation 128 MiB by default.",
    ),
  },
  atMostOne("config", "configFrom"),
);

/** What makes the containers of a task part of a mesh: options of `addMesh`, inputs of `MeshTaskDefinition`. */
export const meshOptions = {
  meshName: required(resourceName, "Name of the mesh."),
  meshOwner: optional(
    accountId,
    "Account that owns the mesh, twelve digits, if it is shared by another account.",
  ),
  virtualNode: optional(
    string({ minLength: 1 }),
    "Virtual node that the task is one of: its name, its id MESH/NAME or its ARN.",
  ),
  virtualGateway: optional(
    string({ minLength: 1 }),
    "Virtual gateway that the task is one of, instead of a virtual node: its name, its id MESH/NAME or its ARN.",
  ),
  controlPlane: required(TaskControlPlane, "Where Envoy finds the control plane."),
  listenerPorts: optional(
    list(portNumber),
    "Ports of the listeners of the virtual node or gateway. Defaults, for a virtual node, to the one TCP port of the " +
      "container definitions; where they have several, and for a virtual gateway, it must be given.",
  ),
  interception: optional(TaskInterception, "How the application's traffic gets into Envoy."),
  envoy: optional(TaskEnvoy, "The Envoy of the task."),
  tracing: optional(TaskTracing, "Where Envoy tells of requests. Unset, they are not traced."),
  drainSeconds: optional(
    integer({ min: 0, max: 110 }),
    "Seconds in which Envoy, once the task is told to stop, answers what still comes and asks its clients to go " +
      "elsewhere, before the application is told to stop. A small container waits for it. Defaults to 20; with 0 there " +
      "is no such container.",
  ),
  independentContainers: optional(
    list(ecsName),
    "Containers that do not wait for Envoy, and that it does not wait for. Log routers are such by themselves.",
  ),
  logConfiguration: optional(
    ContainerLogConfiguration,
    "Where the output of containers goes that do not say it themselves.",
  ),
  cpu: optional(
    integer({ min: 1 }),
    "CPU units that the task's own containers need; 1,024 are a vCPU. Defaults, on Fargate, to the sum of what they " +
      "reserve. See sizing.",
  ),
  memory: optional(
    integer({ min: 1 }),
    "MiB that the task's own containers need. Defaults, on Fargate, to the sum of what they reserve. See sizing.",
  ),
  sizing: optional(
    enumeration("TaskSizing", "What becomes of the size of a task.", {
      roundUp:
        "What Envoy and the other containers of the mesh reserve is added to cpu and memory, and on Fargate the task " +
        "gets the next size that there is.",
      exact: "cpu and memory are the size of the task, in which all containers must find room.",
    }),
    "What becomes of cpu and memory. Defaults to roundUp.",
  ),
  requiresCompatibilities: optional(
    list(
      enumeration("TaskCompatibility", "On what a task runs.", {
        FARGATE: "AWS Fargate.",
        EC2: "Instances of Amazon EC2.",
        MANAGED_INSTANCES: "Instances that ECS manages.",
        EXTERNAL: "Machines elsewhere, which have no network that Envoy could share.",
      }),
      { minItems: 1 },
    ),
    "On what the task is to run. Defaults to FARGATE.",
  ),
  networkMode: optional(
    enumeration("TaskNetworkMode", "The network of a task.", {
      awsvpc: "One of the task's own.",
      bridge: "That of Docker on the instance.",
      host: "That of the instance.",
      none: "None.",
    }),
    "The network of the task. Only awsvpc, where Envoy shares a network with its application. Defaults to awsvpc.",
  ),
} as const;

export const MeshOptions = structure(
  "MeshOptions",
  "What makes the containers of a task part of a mesh.",
  meshOptions,
  exactlyOne("virtualNode", "virtualGateway"),
);

/** What `addMesh` is told besides the container definitions. */
export type MeshOptions = Infer<typeof MeshOptions>;
