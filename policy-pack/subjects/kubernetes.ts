// App Mesh as Kubernetes objects have it: group appmesh.k8s.aws, version v1beta2, for which AWS's controller wrote.
import type { Kind, Path } from "@pulumi-appmesh/model";
import type { Entity } from "./entity.js";
import { guarded, NotKnownYet, unknown } from "./known.js";
import { inModelWords, inOtherWords, type Renaming } from "./renaming.js";

type Members = Readonly<Record<string, unknown>>;

/** A Kubernetes object, as far as it matters here. */
interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly annotations: Members };
  readonly spec: Members;
}

/**
 * The entities that a Kubernetes object declares: one, or a virtual router and its routes. None where it is of another
 * kind. `onlyMesh` is the mesh of objects that name none: the controller finds it by the labels of their namespace.
 */
export function fromKubernetes(props: Members, onlyMesh: () => string | undefined): readonly Entity[] {
  if (typeof props.apiVersion !== "string" || !props.apiVersion.startsWith("appmesh.k8s.aws/")) return [];
  const metadata = (props.metadata === unknown ? {} : (props.metadata ?? {})) as Members;
  const object: KubernetesObject = {
    kind: String(props.kind),
    metadata: {
      name: metadata.name as string,
      namespace: (metadata.namespace as string | undefined) ?? "default",
      annotations: (metadata.annotations ?? {}) as Members,
    },
    spec: (props.spec === unknown ? { [wholeUnknown]: true } : (props.spec ?? {})) as Members,
  };
  const kind = kinds[object.kind];
  if (kind === undefined) return [];
  const words = wordsOf(object.metadata.namespace);
  const whole = entity(kind, object, ["spec"], object.spec, words, onlyMesh);
  if (kind !== "virtualRouter" || !Array.isArray(object.spec.routes)) return [whole];
  const routes = object.spec.routes.map((route: unknown, index) =>
    entity("route", object, ["spec", "routes", index], route as Members, words, onlyMesh),
  );
  return [whole, ...routes];
}

const wholeUnknown = "\u0000unknown";

const kinds: Readonly<Record<string, Kind>> = {
  Mesh: "mesh",
  VirtualNode: "virtualNode",
  VirtualRouter: "virtualRouter",
  VirtualService: "virtualService",
  VirtualGateway: "virtualGateway",
  GatewayRoute: "gatewayRoute",
};

/** What an object is called in App Mesh where it does not say: the controller's own rule. */
const meshName = (name: string, namespace: string): string => `${name}_${namespace}`;
const serviceName = (name: string, namespace: string): string => `${name}.${namespace}`;

function wordsOf(namespace: string): Renaming {
  const named =
    (compose: (name: string, namespace: string) => string) =>
    (reference: unknown): unknown => {
      const { name, namespace: other } = reference as { name: unknown; namespace?: string };
      return name === unknown || (other as unknown) === unknown
        ? unknown
        : compose(String(name), other ?? namespace);
    };
  const byArn = (to: string) => ({
    to,
    value: (arn: unknown) => (arn === unknown ? unknown : String(arn).split("/").at(-1)),
  });
  return {
    acm: { certificateARN: "certificateArn", certificateAuthorityARNs: "certificateAuthorityArns" },
    spec: { meshServiceDiscovery: "serviceDiscovery" },
    virtualService: {
      virtualServiceRef: { to: "virtualServiceName", value: named(serviceName) },
      virtualServiceARN: byArn("virtualServiceName"),
    },
    virtualRouter: {
      virtualRouterRef: { to: "virtualRouterName", value: named(meshName) },
      virtualRouterARN: byArn("virtualRouterName"),
    },
    virtualNode: {
      virtualNodeRef: { to: "virtualNodeName", value: named(meshName) },
      virtualNodeARN: byArn("virtualNodeName"),
    },
    weightedTargets: {
      virtualNodeRef: { to: "virtualNode", value: named(meshName) },
      virtualNodeARN: byArn("virtualNode"),
    },
  };
}

function entity(
  kind: Kind,
  object: KubernetesObject,
  place: Path,
  spec: Members,
  words: Renaming,
  onlyMesh: () => string | undefined,
): Entity {
  const converted =
    (spec as unknown) === unknown || wholeUnknown in spec ? unknown : inModelWords(words, spec, "spec");
  const { metadata } = object;
  const ownName = (): string => {
    const { awsName } = guarded(object, []).spec;
    const name = guarded(metadata, ["metadata"]).name;
    if (name === undefined) throw new NotKnownYet(["metadata", "name"]);
    if (typeof awsName === "string") return awsName;
    if (object.kind === "Mesh") return name;
    return object.kind === "VirtualService"
      ? serviceName(name, metadata.namespace)
      : meshName(name, metadata.namespace);
  };
  return {
    kind,
    get meshName() {
      if (kind === "mesh") return ownName();
      const { meshRef } = guarded(object, []).spec as { meshRef?: { name: string } };
      const name = meshRef?.name ?? onlyMesh();
      if (name === undefined) throw new NotKnownYet(["spec", "meshRef"]);
      return name;
    },
    get names() {
      if (kind === "mesh") return [];
      if (kind === "route") return [ownName(), guarded(spec, place).name as string];
      if (kind !== "gatewayRoute") return [ownName()];
      const { virtualGatewayRef } = guarded(object, []).spec as {
        virtualGatewayRef?: { name: string; namespace?: string };
      };
      if (virtualGatewayRef === undefined) throw new NotKnownYet(["spec", "virtualGatewayRef"]);
      return [meshName(virtualGatewayRef.name, virtualGatewayRef.namespace ?? metadata.namespace), ownName()];
    },
    get spec() {
      return guarded({ spec: converted }, []).spec as Entity["spec"];
    },
    given: converted,
    tags: {},
    source: {
      // What is said of an entity as a whole is said of its object, or of its place in one with several.
      path: (path) =>
        path.length === 0 && kind !== "route" ? [] : [...place, ...inOtherWords(words, path).slice(1)],
    },
  } as Entity;
}
