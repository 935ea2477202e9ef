import {
  boolean,
  enumeration,
  type Infer,
  integer,
  list,
  map,
  optional,
  portNumber,
  required,
  string,
  structure,
} from "@pulumi-appmesh/model";
import {
  ContainerLinuxParameters,
  ContainerResourceRequirement,
  ContainerUlimit,
} from "./container-limits.js";

/** Letters, digits, hyphens and underscores: what ECS takes as the name of a container or a family. */
export const ecsName = string({
  minLength: 1,
  maxLength: 255,
  pattern: { regex: /^[A-Za-z0-9_-]+$/, says: "of letters, digits, hyphens and underscores" },
});

export const ContainerPortMapping = structure(
  "ContainerPortMapping",
  "A port on which a container listens. In a task of the mesh, all containers share one network.",
  {
    containerPort: optional(portNumber, "The port."),
    hostPort: optional(integer({ min: 0, max: 65535 }), "The same port, or left out."),
    protocol: optional(
      enumeration("ContainerTransportProtocol", "What a port of a container speaks.", {
        tcp: "TCP.",
        udp: "UDP.",
      }),
      "Transport protocol of the port. Defaults to tcp.",
    ),
    name: optional(string(), "Name of the port mapping, for Service Connect."),
    appProtocol: optional(
      enumeration("ContainerAppProtocol", "Protocol of an application, for Service Connect.", {
        http: "HTTP/1.1.",
        http2: "HTTP/2.",
        grpc: "gRPC.",
      }),
      "Application protocol, for Service Connect.",
    ),
    containerPortRange: optional(string(), "Several ports in a row, as 8000-8010, instead of containerPort."),
  },
);

export const ContainerEnvironmentVariable = structure(
  "ContainerEnvironmentVariable",
  "An environment variable of a container. What must stay secret belongs to `secrets`.",
  {
    name: optional(string(), "Name of the variable."),
    value: optional(string(), "Value of the variable."),
  },
);

export const ContainerSecret = structure(
  "ContainerSecret",
  "An environment variable or an option that ECS fills in from a secret when the container starts. The secret itself " +
    "is in neither the task definition nor the state of the stack.",
  {
    name: required(string({ minLength: 1 }), "Name of the variable or the option."),
    valueFrom: required(
      string({ minLength: 1 }),
      "ARN of a secret of AWS Secrets Manager, where :json-key:version-stage:version-id may follow, or the ARN or, in " +
        "the same region, the name of a parameter of AWS Systems Manager.",
    ),
  },
);

export const ContainerDependency = structure(
  "ContainerDependency",
  "Another container of the task that a container waits for. When the task stops, the order is reversed: the other " +
    "container is stopped only after this one has ended.",
  {
    containerName: required(ecsName, "Name of the other container."),
    condition: required(
      enumeration("ContainerCondition", "What a container waits for.", {
        START: "The other container has started.",
        COMPLETE: "It has ended.",
        SUCCESS: "It has ended with exit code 0.",
        HEALTHY: "Its health check has passed.",
      }),
      "What is waited for.",
    ),
  },
);

export const ContainerHealthCheck = structure(
  "ContainerHealthCheck",
  "A command that ECS runs in a container to see whether it is healthy.",
  {
    command: required(
      list(string(), { minItems: 1 }),
      "The command, after CMD; or after CMD-SHELL one text for the shell of the image. Exit code 0 is healthy.",
    ),
    interval: optional(
      integer({ min: 5, max: 300 }),
      "Seconds between two checks, 5 to 300. Defaults to 30.",
    ),
    timeout: optional(integer({ min: 2, max: 120 }), "Seconds that a check may take. Defaults to 5."),
    retries: optional(
      integer({ min: 1, max: 10 }),
      "Failures in a row after which a container is unhealthy, 1 to 10. Defaults to 3.",
    ),
    startPeriod: optional(
      integer({ min: 0, max: 300 }),
      "Seconds after the start in which failures do not count, 0 to 300. Defaults to 0.",
    ),
  },
);

export const ContainerLogConfiguration = structure(
  "ContainerLogConfiguration",
  "Where the output of a container goes.",
  {
    logDriver: required(
      enumeration("ContainerLogDriver", "What takes the output of containers.", {
        "json-file": "Files of JSON lines on the instance. Not on Fargate.",
        syslog: "Syslog. Not on Fargate.",
        journald: "The journal of the instance. Not on Fargate.",
        gelf: "Graylog. Not on Fargate.",
        fluentd: "Fluentd. Not on Fargate.",
        awslogs: "CloudWatch Logs.",
        splunk: "Splunk.",
        awsfirelens: "The log router of the task.",
      }),
      "What takes the output.",
    ),
    options: optional(map(string()), "Options of the driver."),
    secretOptions: optional(list(ContainerSecret), "Options of the driver that are secret."),
  },
);

export const ContainerDefinition = structure(
  "ContainerDefinition",
  "A container of a task, in the words of Amazon ECS.",
  {
    name: optional(ecsName, "Name of the container, unique in the task. It must be given."),
    image: optional(
      string({ minLength: 1, maxLength: 512 }),
      "Its image, with a tag or a digest. It must be given.",
    ),
    repositoryCredentials: optional(
      structure("ContainerRepositoryCredentials", "The way into a private registry.", {
        credentialsParameter: required(string({ minLength: 1 }), "ARN of the secret with the credentials."),
      }),
      "Credentials of a private registry that is not Amazon ECR.",
    ),
    cpu: optional(integer({ min: 0 }), "CPU units reserved for the container; 1,024 are a vCPU."),
    memory: optional(integer({ min: 6 }), "Memory in MiB beyond which the container is killed."),
    memoryReservation: optional(integer({ min: 6 }), "Memory in MiB reserved for the container."),
    links: optional(list(string()), "Only for bridge networking, which a task of the mesh does not have."),
    portMappings: optional(list(ContainerPortMapping), "Ports on which the container listens."),
    essential: optional(boolean(), "Whether the task ends with the container. Defaults to true."),
    restartPolicy: optional(
      structure(
        "ContainerRestartPolicy",
        "Whether a container that ended is started again, without its task.",
        {
          enabled: required(boolean(), "Whether it is."),
          ignoredExitCodes: optional(list(integer()), "Exit codes after which it is not."),
          restartAttemptPeriod: optional(
            integer({ min: 60, max: 1800 }),
            "Seconds that it must have run to be started again, 60 to 1,800. Defaults to 300.",
          ),
        },
      ),
      "Whether the container is started again once it ended.",
    ),
    entryPoint: optional(list(string()), "Replaces the entry point of the image."),
    command: optional(list(string()), "Replaces the command of the image."),
    environment: optional(
      list(ContainerEnvironmentVariable),
      "Environment variables, which anybody may read.",
    ),
    environmentFiles: optional(
      list(
        structure("ContainerEnvironmentFile", "A file of environment variables.", {
          value: required(string({ minLength: 1 }), "ARN of the object in Amazon S3."),
          type: required(
            enumeration("ContainerEnvironmentFileType", "Where a file of environment variables is.", {
              s3: "In Amazon S3.",
            }),
            "Where it is: s3.",
          ),
        }),
      ),
      "Files of environment variables in Amazon S3.",
    ),
    mountPoints: optional(
      list(
        structure("ContainerMountPoint", "A volume of the task in a container.", {
          sourceVolume: optional(string(), "Name of the volume."),
          containerPath: optional(string(), "Where it is in the container."),
          readOnly: optional(boolean(), "Whether the container may only read it. Defaults to false."),
        }),
      ),
      "Volumes of the task that the container sees.",
    ),
    volumesFrom: optional(
      list(
        structure("ContainerVolumeFrom", "The volumes of another container.", {
          sourceContainer: optional(ecsName, "Name of the other container."),
          readOnly: optional(boolean(), "Whether the container may only read them. Defaults to false."),
        }),
      ),
      "Volumes of other containers that the container sees.",
    ),
    linuxParameters: optional(
      ContainerLinuxParameters,
      "Capabilities, devices and memory, as Linux has them.",
    ),
    secrets: optional(list(ContainerSecret), "Environment variables that ECS fills in from secrets."),
    dependsOn: optional(list(ContainerDependency), "Containers that this one waits for."),
    startTimeout: optional(integer({ min: 2 }), "Seconds that other containers wait for this one to start."),
    stopTimeout: optional(
      integer({ min: 0 }),
      "Seconds from SIGTERM to SIGKILL; at most 120 on Fargate. Defaults to 30.",
    ),
    versionConsistency: optional(
      enumeration("ContainerVersionConsistency", "Whether all tasks of a deployment run the same image.", {
        enabled: "The digest behind the tag is looked up once for all of them.",
        disabled: "Each task takes what the tag says when it starts.",
      }),
      "Whether the tag of the image is resolved once for all tasks. Defaults to enabled.",
    ),
    hostname: optional(string(), "Not for the network of a task of the mesh."),
    user: optional(string(), "User, or user and group, that runs the container. 1337 is Envoy's own."),
    workingDirectory: optional(string(), "Where its command runs."),
    disableNetworking: optional(boolean(), "Whether the container has no network. Defaults to false."),
    privileged: optional(boolean(), "Whether it may do on the instance what root may. Not on Fargate."),
    readonlyRootFilesystem: optional(
      boolean(),
      "Whether its root file system is read-only. Defaults to false.",
    ),
    dnsServers: optional(list(string()), "DNS servers. Not for the network of a task of the mesh."),
    dnsSearchDomains: optional(
      list(string()),
      "DNS search domains. Not for the network of a task of the mesh.",
    ),
    extraHosts: optional(
      list(
        structure("ContainerHostEntry", "A line of /etc/hosts.", {
          hostname: required(string(), "The name."),
          ipAddress: required(string(), "Its address."),
        }),
      ),
      "More lines for /etc/hosts. Not for the network of a task of the mesh.",
    ),
    dockerSecurityOptions: optional(list(string()), "Labels of SELinux and AppArmor. Not on Fargate."),
    interactive: optional(boolean(), "Whether its standard input stays open. Defaults to false."),
    pseudoTerminal: optional(boolean(), "Whether it has a terminal. Defaults to false."),
    dockerLabels: optional(map(string()), "Labels of the container."),
    ulimits: optional(list(ContainerUlimit), "Limits of its processes."),
    logConfiguration: optional(ContainerLogConfiguration, "Where its output goes."),
    healthCheck: optional(ContainerHealthCheck, "How ECS sees whether it is healthy."),
    systemControls: optional(
      list(
        structure("ContainerSystemControl", "A parameter of the kernel.", {
          namespace: optional(string(), "Name of the parameter, such as net.ipv4.tcp_keepalive_time."),
          value: optional(string(), "Its value."),
        }),
      ),
      "Parameters of the kernel, in the namespaces of the container.",
    ),
    resourceRequirements: optional(list(ContainerResourceRequirement), "GPUs and the like. Not on Fargate."),
    firelensConfiguration: optional(
      structure("ContainerFirelensConfiguration", "Makes a container the log router of its task.", {
        type: required(
          enumeration("ContainerFirelensType", "A log router.", {
            fluentd: "Fluentd.",
            fluentbit: "Fluent Bit.",
          }),
          "The log router.",
        ),
        options: optional(map(string()), "Options of the log router."),
      }),
      "Makes the container the log router of the task.",
    ),
    credentialSpecs: optional(list(string()), "Credentials of Active Directory, at most one."),
  },
);

/** A container definition as ECS's JSON has it. */
export type ContainerDefinition = Infer<typeof ContainerDefinition>;

export const ContainerDefinitions = list(ContainerDefinition);
