import {
  atMostOne,
  enumeration,
  exactlyOne,
  type Infer,
  integer,
  list,
  optional,
  portNumber,
  required,
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
import { ContainerDefinition, ContainerLogConfiguration, ecsName } from "./container-definition.js";

const { plaintext, ...connection } = controlPlaneMembers;

export const TaskControlPlane = structure(
  "TaskControlPlane",
  controlPlaneDoc("task"),
  {
    ...connection,
    trustFrom: optional(text, "The same from a secret or parameter, as in the valueFrom of ECS's secrets."),
    certificateFrom: optional(
      text,
      "Secret with the certificate that proves who the proxy is, and those that vouch for it, as PEM.",
    ),
    privateKeyFrom: optional(text, "Secret with the key of that certificate, as PEM."),
    tokenFrom: optional(
      text,
      "Secret with the token that proves who the proxy is, instead of a certificate.",
    ),
    plaintext,
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
        explicit: `${explicitDoc} For Fargate and EC2.`,
      }),
      "How traffic gets into Envoy. Defaults to proxyConfiguration.",
    ),
    egressIgnoredIps: optional(
      list(text),
      "Addresses and networks that the application calls past Envoy, beside those of the credentials and the metadata of a " +
        "task, 169.254.170.2 and 169.254.169.254, which it always does. Not for explicit.",
    ),
    egressIgnoredPorts: optional(
      list(portNumber),
      "Ports that the application calls past Envoy, at most 15 with proxyConfiguration. Defaults to none; ECS always ignores 22. Not for explicit.",
    ),
    appPorts,
    image: optional(
      image,
      "Image with sh and iptables, with a tag or a digest. Required for initContainer, and only for it; there is no default. What " +
        "docker build --target redirect makes of this project's Dockerfile is one.",
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
  ...envoyMembers("task"),
  sdsSocket: optional(text, "Unix socket of a secret discovery service. Defaults to that of SPIRE's agent."),
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
    ...tracingMembers("task"),
    configFrom: optional(
      text,
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
  ...meshMembers,
  virtualNode: optional(text, "Virtual node that the task is one of: its name, its id MESH/NAME or its ARN."),
  virtualGateway: optional(
    text,
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
