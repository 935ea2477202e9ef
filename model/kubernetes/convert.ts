// What an object of the cluster declares, in the model's words: as AWS's controller would write it to the API.
import { entityTypes } from "../entities.js";
import type { Kind } from "../entity.js";
import type { Shape, StructureShape } from "../shape.js";
import type { Path } from "../violation.js";
import { objectKindOf } from "./kinds.js";
import { apiGroup, nameInArn, nameOf } from "./names.js";
import { memberInModel, type Referable, type Substitute, substitutes } from "./words.js";

type Values = Readonly<Record<string, unknown>>;

export interface Conversion {
  /** Where references without a namespace lead: the namespace of the object. */
  readonly namespace: string;
  /**
   * The name of the entity that another object declares, where that is known: its awsName decides. Default, and where
   * it answers undefined: what the controller calls an object that has no awsName.
   */
  readonly resolve?: (kind: Referable, name: string, namespace: string) => string | undefined;
  /** Tells values that are not known yet: they stay what they are. Default: every value is known. */
  readonly isUnknown?: (value: unknown) => boolean;
}

/** An entity that an object declares. */
export interface Declared {
  readonly kind: Kind;
  /** Where it stands in the object: its spec, or one of a virtual router's routes. */
  readonly place: Path;
  /** Its name in the mesh; undefined where the object has none yet. */
  readonly name: string | undefined;
  /** Its spec in the model's words. Members that neither the controller nor the API knows are still there. */
  readonly spec: unknown;
}

/** A Kubernetes object, as far as anything is known of it. */
export interface Manifest {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
  readonly metadata?: unknown;
  readonly spec?: unknown;
}

/**
 * The entities that an object declares: one, or a virtual router and its routes. None if it is not an object of App
 * Mesh's controller, or a backend group. `resolve` and `isUnknown` are those of a conversion.
 */
export function declaredEntities(
  object: Manifest,
  options: Omit<Conversion, "namespace"> = {},
): readonly Declared[] {
  const group = typeof object.apiVersion === "string" ? object.apiVersion.split("/")[0] : undefined;
  const found = group === apiGroup ? objectKindOf(String(object.kind)) : undefined;
  if (found?.entity === undefined) return [];
  const metadata = isObject(object.metadata) ? object.metadata : {};
  const namespace = typeof metadata.namespace === "string" ? metadata.namespace : "default";
  const conversion: Conversion = { ...options, namespace };
  const given = isObject(object.spec) ? object.spec : {};
  const whole: Declared = {
    kind: found.entity,
    place: ["spec"],
    name:
      typeof metadata.name === "string"
        ? nameOf(found.kind, metadata.name, namespace, textOf(given.awsName))
        : undefined,
    spec:
      isObject(object.spec) || object.spec === undefined
        ? specInModel(found.entity, given, conversion)
        : object.spec,
  };
  if (found.entity !== "virtualRouter" || !Array.isArray(given.routes)) return [whole];
  return [
    whole,
    ...given.routes.map((route: unknown, index): Declared => {
      const { name, ...spec } = isObject(route) ? route : ({} as Values);
      return {
        kind: "route",
        place: ["spec", "routes", index],
        name: textOf(name),
        spec: isObject(route) ? specInModel("route", spec, conversion) : route,
      };
    }),
  ];
}

/** The spec of an entity as a manifest has it, in the model's words; without what a manifest says beside the entity. */
export function specInModel(kind: Kind, given: unknown, conversion: Conversion): unknown {
  if (!isObject(given) || conversion.isUnknown?.(given)) return given;
  const own = Object.keys(objectKindOf(entityTypes[kind].title)?.spec.members ?? {});
  const members = Object.entries(given).filter(
    ([name]) => !own.includes(name) || memberInModel(entityTypes[kind].spec, name) !== undefined,
  );
  return valueInModel(entityTypes[kind].spec, Object.fromEntries(members), conversion);
}

function valueInModel(shape: Shape, value: unknown, conversion: Conversion): unknown {
  if (conversion.isUnknown?.(value)) return value;
  if (shape.kind === "list" && Array.isArray(value))
    return value.map((item) => valueInModel(shape.item, item, conversion));
  if (shape.kind !== "structure" || !isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([given, member]) => {
      const known = memberInModel(shape, given);
      if (known === undefined) return [given, member];
      const { substitute } = known;
      return [
        known.name,
        isReference(substitute)
          ? referredName(substitute, given, member, conversion)
          : valueInModel(known.member.shape, member, conversion),
      ];
    }),
  );
}

type Reference = Extract<Substitute, { readonly reference: string }>;

const isReference = (substitute: Substitute | undefined): substitute is Reference =>
  typeof substitute === "object" && "reference" in substitute;

/** The name that the API gets for an object or an ARN; the value itself where it is neither. */
function referredName(
  { refers, arn }: Reference,
  given: string,
  value: unknown,
  { namespace, resolve, isUnknown = () => false }: Conversion,
): unknown {
  if (isUnknown(value)) return value;
  if (given === arn) return typeof value === "string" ? nameInArn(value) : value;
  if (!isObject(value)) return value;
  const { name, namespace: other = namespace } = value;
  if (isUnknown(name)) return name;
  if (isUnknown(other)) return other;
  if (typeof name !== "string" || typeof other !== "string") return value;
  return resolve?.(refers, name, other) ?? nameOf(refers, name, other);
}

/**
 * Where a part of the model's spec stands in a manifest. Without the manifest's own spec, an entity that is named is
 * taken for an object of the cluster.
 */
export function pathInManifest(kind: Kind, path: Path, given?: unknown): Path {
  const result: (string | number)[] = [];
  let shape: Shape | undefined = entityTypes[kind].spec;
  let value = given;
  for (const step of path) {
    let next = step;
    if (shape?.kind === "structure" && typeof step === "string") {
      next = nameInManifest(shape, step, value);
      shape = shape.members[step]?.shape;
    } else {
      shape = shape?.kind === "list" || shape?.kind === "map" ? shape.item : undefined;
    }
    result.push(next);
    value = isObject(value) || Array.isArray(value) ? (value as Values)[next] : undefined;
  }
  return result;
}

function nameInManifest(shape: StructureShape, name: string, value: unknown): string {
  const substitute = substitutes[shape.name]?.[name];
  if (typeof substitute !== "object") return name;
  if ("renamed" in substitute) return substitute.renamed;
  return isObject(value) && substitute.arn in value ? substitute.arn : substitute.reference;
}

const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
