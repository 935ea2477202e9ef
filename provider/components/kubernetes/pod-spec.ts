// A pod's spec in Kubernetes' words, as far as the mesh looks into it or adds to it.

export interface PodSpec {
  /** Empty only before Envoy of a virtual gateway is put there. */
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly terminationGracePeriodSeconds?: number;
  readonly hostNetwork?: boolean;
  readonly securityContext?: SecurityContext;
  readonly [other: string]: unknown;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly [other: string]: unknown;
  }[];
  readonly ports?: readonly {
    readonly name?: string;
    readonly containerPort: number;
    readonly protocol?: string;
  }[];
  readonly lifecycle?: { readonly preStop?: object; readonly [other: string]: unknown };
  readonly restartPolicy?: string;
  readonly securityContext?: SecurityContext;
  readonly [other: string]: unknown;
}

export interface SecurityContext {
  readonly runAsUser?: number;
  readonly [other: string]: unknown;
}

export interface Volume {
  readonly name: string;
  readonly [source: string]: unknown;
}
