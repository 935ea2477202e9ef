// An ECS task definition, as the ECS API takes it, as a container group.
import {
  type Condition,
  type ContainerGroup,
  type ContainerSpec,
  onlyKnown,
  type Probe,
  Unsupported,
  type Volume,
} from "./container-group.js";
import { type ProxyConfiguration, redirectionOf } from "./proxy-configuration.js";

/** The members of RegisterTaskDefinition's input that this harness runs or that concern nobody on this machine. */
export interface TaskDefinition {
  readonly family: string;
  readonly containerDefinitions: readonly ContainerDefinition[];
  readonly networkMode?: string;
  readonly proxyConfiguration?: ProxyConfiguration;
  readonly volumes?: readonly { readonly name: string; readonly host?: object }[];
  readonly [ignored: string]: unknown;
}

export interface ContainerDefinition {
  readonly name: string;
  readonly image: string;
  readonly essential?: boolean;
  readonly entryPoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workingDirectory?: string;
  readonly user?: string;
  readonly environment?: readonly { readonly name: string; readonly value: string }[];
  readonly secrets?: readonly { readonly name: string; readonly valueFrom: string }[];
  readonly dependsOn?: readonly { readonly containerName: string; readonly condition: string }[];
  readonly healthCheck?: HealthCheck;
  readonly startTimeout?: number;
  readonly stopTimeout?: number;
  readonly ulimits?: readonly {
    readonly name: string;
    readonly softLimit: number;
    readonly hardLimit: number;
  }[];
  readonly mountPoints?: readonly {
    readonly sourceVolume: string;
    readonly containerPath: string;
    readonly readOnly?: boolean;
  }[];
  readonly linuxParameters?: {
    readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
    readonly initProcessEnabled?: boolean;
  };
  readonly extraHosts?: readonly { readonly hostname: string; readonly ipAddress: string }[];
  readonly readonlyRootFilesystem?: boolean;
  readonly dockerSecurityOptions?: readonly string[];
  readonly portMappings?: readonly {
    readonly containerPort: number;
    readonly hostPort?: number;
    readonly protocol?: string;
  }[];
  readonly restartPolicy?: {
    readonly enabled: boolean;
    readonly ignoredExitCodes?: readonly number[];
    readonly restartAttemptPeriod?: number;
  };
  readonly [ignored: string]: unknown;
}

interface HealthCheck {
  readonly command: readonly string[];
  readonly interval?: number;
  readonly timeout?: number;
  readonly retries?: number;
  readonly startPeriod?: number;
}

export interface TaskOptions {
  /** Of the task among others. Default: the family. */
  readonly name?: string;
  /** Values of secrets and parameters by their ARN or name, as ARN:::VERSION where a version is asked for, without a JSON key. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Sizes, roles, logs and labels, which nothing on this machine enforces. */
const elsewhere = {
  task: [
    ...["cpu", "memory", "taskRoleArn", "executionRoleArn", "requiresCompatibilities", "runtimePlatform"],
    ...["tags", "ephemeralStorage"],
  ],
  container: [
    ...["cpu", "memory", "memoryReservation", "logConfiguration", "dockerLabels", "versionConsistency"],
  ],
};

const knownOfTask = ["family", "containerDefinitions", "networkMode", "proxyConfiguration", "volumes"];
const knownOfContainer = [
  ...["name", "image", "essential", "entryPoint", "command", "workingDirectory", "user", "environment"],
  ...["secrets", "dependsOn", "healthCheck", "startTimeout", "stopTimeout", "ulimits", "mountPoints"],
  ...["linuxParameters", "extraHosts", "readonlyRootFilesystem", "dockerSecurityOptions", "portMappings"],
  "restartPolicy",
];

const seconds = (value: number) => value * 1000;

export function taskGroup(definition: TaskDefinition, options: TaskOptions = {}): ContainerGroup {
  const { family, containerDefinitions, networkMode, proxyConfiguration, volumes = [] } = definition;
  onlyKnown(family, definition, [...knownOfTask, ...elsewhere.task]);
  if (networkMode !== "awsvpc") {
    throw new Unsupported(
      `${family}.networkMode: given ${networkMode}, but only in awsvpc a task has a network`,
    );
  }
  const names = containerDefinitions.map(({ name }) => name);
  const ports = new Map<number, string>();
  const hosts: Record<string, string> = {};
  for (const { name, portMappings = [], extraHosts = [] } of containerDefinitions) {
    for (const { containerPort, hostPort = containerPort, protocol = "tcp" } of portMappings) {
      if (hostPort !== 0 && hostPort !== containerPort) {
        throw new Unsupported(
          `${name}: in awsvpc the hostPort ${hostPort} is the containerPort ${containerPort}`,
        );
      }
      if (protocol === "tcp" && ports.has(containerPort)) {
        throw new Unsupported(`${name}: port ${containerPort} is ${ports.get(containerPort)}'s`);
      }
      if (protocol === "tcp") ports.set(containerPort, name);
    }
    for (const { hostname, ipAddress } of extraHosts) hosts[hostname] = ipAddress;
  }
  return {
    name: options.name ?? family,
    ...(proxyConfiguration && { redirection: redirectionOf(proxyConfiguration, names) }),
    hosts,
    volumes: Object.fromEntries(
      volumes.map((volume): [string, Volume] => {
        onlyKnown(`${family}.volumes.${volume.name}`, volume, ["name", "host"]);
        if (Object.keys(volume.host ?? {}).length > 0) {
          throw new Unsupported(`${family}.volumes.${volume.name}.host: a folder of the machine`);
        }
        return [volume.name, { mode: 0o755 }];
      }),
    ),
    containers: containerDefinitions.map((container) => containerOf(container, options)),
  };
}

function containerOf(definition: ContainerDefinition, { secrets = {} }: TaskOptions): ContainerSpec {
  const { name, image, entryPoint, command, workingDirectory, user, healthCheck } = definition;
  onlyKnown(name, definition, [...knownOfContainer, ...elsewhere.container]);
  const { linuxParameters = {}, ulimits = [], startTimeout, stopTimeout = 30 } = definition;
  onlyKnown(`${name}.linuxParameters`, linuxParameters, ["capabilities", "initProcessEnabled"]);
  const limit = ulimits.find((ulimit) => ulimit.name === "nofile");
  const other = ulimits.find((ulimit) => ulimit.name !== "nofile");
  if (other) throw new Unsupported(`${name}.ulimits: given ${other.name}, and this harness knows nofile`);
  const readiness = healthCheck && probeOf(name, healthCheck);
  return {
    name,
    image,
    // An empty list is none.
    ...(entryPoint?.length && { entryPoint }),
    ...(command?.length && { command }),
    ...(workingDirectory !== undefined && { workingDirectory }),
    ...(user !== undefined && { user }),
    environment: Object.fromEntries([
      ...(definition.environment ?? []).map(({ name, value }) => [name, value] as const),
      ...(definition.secrets ?? []).map(
        (secret) => [secret.name, valueOf(secret.valueFrom, secrets)] as const,
      ),
    ]),
    dependsOn: (definition.dependsOn ?? []).map(({ containerName, condition }) => ({
      container: containerName,
      condition: conditionOf(name, condition),
    })),
    essential: definition.essential ?? true,
    ...(definition.restartPolicy?.enabled && { restart: restartOf(definition.restartPolicy) }),
    ...(readiness && { readiness }),
    ...(startTimeout !== undefined && { startTimeout: seconds(startTimeout) }),
    stopTimeout: seconds(stopTimeout),
    ...(limit && { openFiles: { soft: limit.softLimit, hard: limit.hardLimit } }),
    mounts: (definition.mountPoints ?? []).map(({ sourceVolume, containerPath, readOnly = false }) => ({
      volume: sourceVolume,
      path: containerPath,
      readOnly,
    })),
    ...(linuxParameters.capabilities && { capabilities: linuxParameters.capabilities }),
    readOnlyRoot: definition.readonlyRootFilesystem ?? false,
    noNewPrivileges: definition.dockerSecurityOptions?.includes("no-new-privileges") ?? false,
  };
}

/** One that has not run for so long is not started again. */
const restartOf =
  ({
    ignoredExitCodes = [],
    restartAttemptPeriod = 300,
  }: NonNullable<ContainerDefinition["restartPolicy"]>) =>
  ({ exitCode, lasted }: { readonly exitCode: number; readonly lasted: number }): number | undefined =>
    ignoredExitCodes.includes(exitCode) || lasted < seconds(restartAttemptPeriod) ? undefined : 0;

function conditionOf(name: string, given: string): Condition {
  if (given === "START" || given === "COMPLETE" || given === "SUCCESS" || given === "HEALTHY") return given;
  throw new Unsupported(`${name}.dependsOn: ${given} is none of START, COMPLETE, SUCCESS, HEALTHY`);
}

/** Docker's: the first probe comes an interval after the start. */
function probeOf(name: string, check: HealthCheck): Probe | undefined {
  const { command, interval = 30, timeout = 5, retries = 3, startPeriod = 0 } = check;
  const [kind, ...rest] = command;
  if (kind === "NONE") return undefined;
  if (kind !== "CMD" && kind !== "CMD-SHELL") {
    throw new Unsupported(`${name}.healthCheck.command: begins with ${kind}, and not with CMD or CMD-SHELL`);
  }
  return {
    action: { command: kind === "CMD" ? rest : ["/bin/sh", "-c", rest.join(" ")] },
    initialDelay: seconds(interval),
    interval: seconds(interval),
    timeout: seconds(timeout),
    failures: retries,
    startPeriod: seconds(startPeriod),
  };
}

/** A parameter of Systems Manager, or a secret of Secrets Manager, of which a JSON key may be asked. */
function valueOf(from: string, secrets: Readonly<Record<string, string>>): string {
  const missing = () => new Unsupported(`ResourceInitializationError: there is no secret ${from}`);
  if (secrets[from] !== undefined) return secrets[from];
  // arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME:KEY:STAGE:VERSION
  const parts = from.split(":");
  if (parts[2] !== "secretsmanager" || parts.length !== 10) throw missing();
  const [key = "", , version = ""] = parts.slice(7);
  const whole = secrets[parts.slice(0, 7).join(":") + (version === "" ? "" : `:::${version}`)];
  if (whole === undefined) throw missing();
  if (key === "") return whole;
  const value = (JSON.parse(whole) as Record<string, unknown>)[key];
  if (value === undefined) throw new Unsupported(`ResourceInitializationError: ${from} has no key ${key}`);
  return String(value);
}
