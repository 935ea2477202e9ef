import type {
  Alias,
  ComponentResourceOptions,
  Inputs,
  Output,
  ProviderResource,
  Resource,
} from "@pulumi/pulumi";
import type { messages } from "./protocol.js";

/**
 * The parts of Pulumi's runtime that constructing a component needs. The SDK's own server uses them as well,
 * but they are not among its declared API, hence these declarations; the SDK's version is pinned exactly.
 * Loaded only when a component is made: nothing else in the plugin needs the runtime, and it is slow to load.
 */
export interface Runtime {
  readonly pulumi: typeof import("@pulumi/pulumi");
  readonly withLocalStorage: <T>(run: () => Promise<T>) => Promise<T>;
  readonly settings: {
    resetOptions(
      project: string,
      stack: string,
      parallel: number,
      engine: string,
      monitor: string,
      preview: boolean,
      organization: string,
    ): void;
    awaitFeatureSupport(): Promise<void>;
    waitForRPCs(): Promise<void>;
  };
  readonly config: { setAllConfig(config: Record<string, string>, secretKeys: string[]): void };
  readonly deserializeInputs: (inputs: unknown, dependencies: unknown) => Promise<Inputs>;
  readonly serializeResourceProperties: (
    label: string,
    properties: Inputs,
  ) => Promise<[Record<string, unknown>, Map<string, Set<Resource>>]>;
  readonly deserializeProperty: (value: unknown, keepUnknowns: boolean) => unknown;
  readonly hookBindingFromProto: (binding: unknown) => ComponentResourceOptions["hooks"];
  readonly DependencyResource: new (urn: string) => Resource;
  readonly DependencyProviderResource: new (reference: string) => ProviderResource;
  readonly rootStackResource: Resource;
}

let loaded: Promise<Runtime> | undefined;

export const loadRuntime = (): Promise<Runtime> => (loaded ??= load());

async function load(): Promise<Runtime> {
  const modules = await Promise.all([
    import("@pulumi/pulumi"),
    import("@pulumi/pulumi/runtime/state.js" as string),
    import("@pulumi/pulumi/runtime/settings.js" as string),
    import("@pulumi/pulumi/runtime/config.js" as string),
    import("@pulumi/pulumi/runtime/rpc.js" as string),
    import("@pulumi/pulumi/runtime/resource.js" as string),
    import("@pulumi/pulumi/provider/server.js" as string),
    import("@pulumi/pulumi/resource.js" as string),
  ]);
  const [pulumi, ...internals] = modules.map((module) => module.default ?? module);
  const [state, settings, config, rpc, resource, server, resources] = internals;
  return {
    pulumi,
    withLocalStorage: state.withLocalStorage,
    settings,
    config,
    deserializeInputs: server.deserializeInputs,
    serializeResourceProperties: rpc.serializeResourceProperties,
    deserializeProperty: rpc.deserializeProperty,
    hookBindingFromProto: resource.hookBindingFromProto,
    DependencyResource: resources.DependencyResource,
    DependencyProviderResource: resources.DependencyProviderResource,
    rootStackResource: resources.rootStackResource,
  };
}

/** The resource options that a program gave its component. */
export function componentOptions(
  request: messages.ConstructRequest,
  runtime: Runtime,
): ComponentResourceOptions {
  const { DependencyResource, DependencyProviderResource } = runtime;
  const providers = [...request.getProvidersMap().entries()].map(([name, reference]) => [
    name,
    new DependencyProviderResource(reference),
  ]);
  const timeouts = request.getCustomtimeouts()?.toObject();
  const hooks = runtime.hookBindingFromProto(request.getResourceHooks());
  const trigger = request.getReplacementTrigger();
  return {
    aliases: request.getAliasesList().map((alias) => aliasOf(alias, runtime)),
    dependsOn: request.getDependenciesList().map((urn) => new DependencyResource(urn)),
    providers: Object.fromEntries(providers) as Record<string, ProviderResource>,
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    ...(request.hasProtect() && { protect: request.getProtect() as boolean }),
    ...(request.hasRetainondelete() && { retainOnDelete: request.getRetainondelete() as boolean }),
    ...(request.getParent() !== "" && { parent: new DependencyResource(request.getParent()) }),
    ...(request.getDeletedwith() !== "" && { deletedWith: new DependencyResource(request.getDeletedwith()) }),
    ...(timeouts && { customTimeouts: timeouts }),
    ...(hooks && { hooks }),
    ...(trigger && { replacementTrigger: runtime.deserializeProperty(trigger.toJavaScript(), true) }),
  };
}

type AliasMessage = ReturnType<messages.ConstructRequest["getAliasesList"]>[number];

function aliasOf(alias: AliasMessage, { rootStackResource }: Runtime): string | Alias {
  const spec = alias.getSpec();
  if (spec === undefined) return alias.getUrn();
  const parent =
    spec.hasNoparent() && spec.getNoparent()
      ? rootStackResource
      : spec.hasParenturn()
        ? spec.getParenturn()
        : undefined;
  return {
    ...(spec.getName() !== "" && { name: spec.getName() }),
    ...(spec.getType() !== "" && { type: spec.getType() }),
    ...(spec.getProject() !== "" && { project: spec.getProject() }),
    ...(spec.getStack() !== "" && { stack: spec.getStack() }),
    ...(parent !== undefined && { parent }),
  };
}

/** The URNs of the resources that each output depends on. */
export async function dependencyUrns(
  dependencies: Map<string, Set<Resource>>,
): Promise<[string, string[]][]> {
  const urnOf = (resource: Resource) =>
    (resource.urn as Output<string> & { promise(): Promise<string> }).promise();
  return Promise.all(
    [...dependencies].map(
      async ([name, resources]): Promise<[string, string[]]> => [
        name,
        await Promise.all([...resources].map(urnOf)),
      ],
    ),
  );
}
