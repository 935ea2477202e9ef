// What an ECS task and a Kubernetes pod have in common: containers that share a network, and how they depend on each
// other. Both front ends (task-definition.ts, pod.ts) make this of their documents, and running-group.ts runs it.

export interface ContainerGroup {
  /** Of the namespace: 1 to 20 letters, digits and dashes. */
  readonly name: string;
  /** Calls of iptables and ip6tables in the group's network, before the first container starts. */
  readonly redirection?: readonly (readonly string[])[];
  /** Further names that its containers know, with their addresses. */
  readonly hosts?: Readonly<Record<string, string>>;
  readonly volumes?: Readonly<Record<string, Volume>>;
  /** In the order in which they start where nothing else is said. */
  readonly containers: readonly ContainerSpec[];
  /** Each container waits until the one before has started, its `postStart` included. */
  readonly oneByOne?: boolean;
  /** Whose end is the group's: of any essential container, or of all. Default: any. */
  readonly endsWith?: "any" | "all";
}

/** A folder that containers share. */
export interface Volume {
  /** The permissions of the folder. */
  readonly mode: number;
  /** Whose the folder and its files are, besides root's. */
  readonly group?: number;
  /** A folder of this machine that outlives the group. Default: one of its own. */
  readonly folder?: string;
  /** By path in it. */
  readonly files?: Readonly<Record<string, { readonly text: string; readonly mode: number }>>;
}

export type Condition = "START" | "COMPLETE" | "SUCCESS" | "HEALTHY";

/** Stands for the group's address in environment variables and commands. */
export const groupAddress = "\u0001address\u0001";

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly entryPoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** UID, UID:GID or a name. Default: the image's, which is root where it has none. */
  readonly user?: string;
  /** Further groups of that user. */
  readonly groups?: readonly number[];
  readonly workingDirectory?: string;
  readonly dependsOn?: readonly { readonly container: string; readonly condition: Condition }[];
  /** When it ends by itself, and is not started again, the group does too: see `endsWith`. */
  readonly essential: boolean;
  /** Whether, and with what pause in ms, it is started again when it has ended. Default: it is not. */
  readonly restart?: (run: {
    readonly exitCode: number;
    readonly lasted: number;
    readonly restarts: number;
  }) => number | undefined;
  /** What decides whether it is healthy. None: it is never known to be. */
  readonly readiness?: Probe;
  /** The others wait until this one has succeeded once; it is killed where this one fails. */
  readonly startup?: Probe;
  /** It is killed where this fails. */
  readonly liveness?: Probe;
  readonly postStart?: Action;
  readonly preStop?: Action;
  /** How long its dependencies may take, in ms. Default: no limit. */
  readonly startTimeout?: number;
  /** From SIGTERM to SIGKILL, in ms. */
  readonly stopTimeout: number;
  readonly openFiles?: { readonly soft: number; readonly hard: number };
  readonly mounts?: readonly Mount[];
  /** Beyond those of every container, and without some of those; `ALL` stands for all. */
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly readOnlyRoot?: boolean;
  readonly noNewPrivileges?: boolean;
}

export interface Mount {
  readonly volume: string;
  /** Absolute, in the container. */
  readonly path: string;
  readonly readOnly: boolean;
  /** Path in the volume. Default: the volume itself. */
  readonly subPath?: string;
}

/** Times are in ms. */
export interface Probe {
  readonly action: Action;
  readonly initialDelay: number;
  readonly interval: number;
  readonly timeout: number;
  /** So many failures in a row, and it has failed. */
  readonly failures: number;
  /** Failures before this, counted from the start, are none, unless it has succeeded before. */
  readonly startPeriod: number;
}

/** What is done to a container: in it, or, as the kubelet does, from outside. */
export type Action =
  | { readonly command: readonly string[] }
  | {
      readonly http: {
        readonly port: number;
        readonly path: string;
        readonly headers?: Readonly<Record<string, string>>;
      };
    }
  | { readonly tcp: { readonly port: number } }
  | { readonly sleep: number };

/** What a container group has in it that this harness cannot run as it is meant: told before anything is started. */
export class Unsupported extends Error {
  override readonly name = "Unsupported";
}

/** Refuses what a front end has not been taught, rather than leaving it out without a word. */
export function onlyKnown(path: string, value: object, known: readonly string[]): void {
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined || member === null || known.includes(key)) continue;
    throw new Unsupported(
      `${path}.${key}: given ${JSON.stringify(member)}, which this harness cannot run. It knows ${known.join(", ")}`,
    );
  }
}
