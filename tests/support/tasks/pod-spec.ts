// A Kubernetes pod, as far as this harness runs it, and what it finds in its cluster.

export interface Pod {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [other: string]: unknown;
  };
  readonly spec: PodSpec;
}

export interface PodSpec {
  readonly containers: readonly PodContainer[];
  readonly initContainers?: readonly PodContainer[];
  readonly volumes?: readonly PodVolume[];
  readonly restartPolicy?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly hostAliases?: readonly { readonly ip: string; readonly hostnames?: readonly string[] }[];
  readonly securityContext?: SecurityContext & { readonly fsGroup?: number };
  readonly serviceAccountName?: string;
  readonly [other: string]: unknown;
}

export interface SecurityContext {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly runAsNonRoot?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly seccompProfile?: object;
}

export interface PodContainer {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env?: readonly PodVariable[];
  readonly envFrom?: readonly {
    readonly prefix?: string;
    readonly secretRef?: Reference;
    readonly configMapRef?: Reference;
  }[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
    readonly subPath?: string;
  }[];
  readonly readinessProbe?: PodProbe;
  readonly livenessProbe?: PodProbe;
  readonly startupProbe?: PodProbe;
  readonly lifecycle?: { readonly postStart?: Handler; readonly preStop?: Handler };
  readonly securityContext?: SecurityContext;
  /** Of init containers: `Always` makes a sidecar. */
  readonly restartPolicy?: string;
  readonly [other: string]: unknown;
}

export interface Reference {
  readonly name: string;
  readonly optional?: boolean;
}
export type KeyReference = Reference & { readonly key: string };

export interface PodVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: KeyReference;
    readonly configMapKeyRef?: KeyReference;
    readonly fieldRef?: { readonly fieldPath: string };
  };
}

export interface Handler {
  readonly exec?: { readonly command: readonly string[] };
  readonly httpGet?: {
    readonly port: number | string;
    readonly path?: string;
    readonly host?: string;
    readonly scheme?: string;
    readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
  };
  readonly tcpSocket?: { readonly port: number | string };
  readonly sleep?: { readonly seconds: number };
}

export interface PodProbe extends Handler {
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly failureThreshold?: number;
  readonly successThreshold?: number;
}

export interface Items {
  readonly items?: readonly { readonly key: string; readonly path: string; readonly mode?: number }[];
  readonly optional?: boolean;
}
export interface PodVolume {
  readonly name: string;
  readonly emptyDir?: object;
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly secret?: Items & { readonly secretName: string; readonly defaultMode?: number };
  readonly configMap?: Items & { readonly name: string; readonly defaultMode?: number };
  readonly projected?: {
    readonly defaultMode?: number;
    readonly sources: readonly {
      readonly secret?: Items & { readonly name: string };
      readonly configMap?: Items & { readonly name: string };
      readonly serviceAccountToken?: { readonly path: string; readonly audience?: string };
    }[];
  };
}

export type Data = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What a pod finds in its cluster. */
export interface PodSurroundings {
  /** Of the pod among others. Default: its own name. */
  readonly name?: string;
  readonly secrets?: Data;
  readonly configMaps?: Data;
  /** Folders of this machine by the claims that they are the volumes of. */
  readonly claims?: Readonly<Record<string, string>>;
  /** The token that proves to an audience who the pod is. */
  readonly token?: (audience: string | undefined) => string;
}
