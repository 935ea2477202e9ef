import { boolean, type Infer, list, optional, string, structure } from "@pulumi-appmesh/model";

/** What a key may do. Both limits hold at once; a key without any may do everything, and issue further keys. */
export interface Scope {
  /** Describes and lists only. */
  readonly readOnly: boolean;
  /** Nothing but these meshes and what is in them. undefined: all meshes, and the control plane itself. */
  readonly meshes: readonly MeshId[] | undefined;
  /** Limits that a later release has set and this one does not know: until it is replaced, the key may do nothing here. */
  readonly unknown?: readonly string[] | undefined;
}

/** A mesh, which need not exist yet. */
export interface MeshId {
  readonly meshName: string;
  readonly meshOwner: string;
}

export const UNLIMITED: Scope = { readOnly: false, meshes: undefined };

export const isUnlimited = ({ readOnly, meshes, unknown }: Scope): boolean =>
  !readOnly && meshes === undefined && unknown === undefined;

/** What a request needs. */
export interface Demand {
  readonly writes: boolean;
  /** undefined: more than single meshes. */
  readonly mesh: MeshId | undefined;
}

/** Why a scope does not allow a demand; undefined if it does. */
export function refusal(scope: Scope, { writes, mesh }: Demand): string | undefined {
  if (scope.unknown !== undefined) {
    return (
      `the key is limited by ${scope.unknown.join(", ")}, which this release of appmesh serve does not know: start the one ` +
      "that issued the key in its place"
    );
  }
  if (writes && scope.readOnly) return "the key is read-only";
  if (scope.meshes === undefined || (mesh && scope.meshes.some((allowed) => isSame(allowed, mesh)))) {
    return undefined;
  }
  return `the key is for ${formatMeshes(scope.meshes)} only`;
}

/** Whether a caller may know that a mesh exists. */
export const sees = ({ meshes, unknown }: Scope, mesh: MeshId): boolean =>
  unknown === undefined && (meshes === undefined || meshes.some((allowed) => isSame(allowed, mesh)));

const isSame = (a: MeshId, b: MeshId): boolean => a.meshName === b.meshName && a.meshOwner === b.meshOwner;

/** As meshes are named in node ids: `shop@123456789012`. */
export const formatMesh = ({ meshName, meshOwner }: MeshId): string => `${meshName}@${meshOwner}`;

const formatMeshes = (meshes: readonly MeshId[]): string =>
  `${meshes.length === 1 ? "mesh" : "meshes"} ${meshes.map(formatMesh).join(", ")}`;

/** `shop` is a mesh of `account`, `shop@123456789012` one of that owner. */
function parseMesh(text: string, account: string): MeshId {
  const [, meshName, meshOwner] = /^(.+)@(\d{12})$/s.exec(text) ?? [];
  return meshName && meshOwner ? { meshName, meshOwner } : { meshName: text, meshOwner: account };
}

/** A mesh's name of at most 255 characters, with or without its owner. */
const meshText = string({
  minLength: 1,
  maxLength: 255 + 13,
  pattern: {
    regex: /^(?!\.{1,2}(@\d{12})?$)[^/\p{Cc}]+$/u,
    says: "the name of a mesh, such as shop, or of another owner's, such as shop@123456789012",
  },
});

/** A scope as the API has it. */
export const ScopeShape = structure("AccessKeyScope", "What a key may do.", {
  readOnly: optional(boolean(), "Describes and lists only. Default: false."),
  meshes: optional(
    list(meshText, { minItems: 1, maxItems: 100 }),
    "Nothing but these meshes, and what is in them: 1 to 100 of `NAME` or `NAME@OWNER`. " +
      "Default: everything, the control plane itself included.",
  ),
});
export type ScopeText = Infer<typeof ScopeShape>;

export function parseScope({ readOnly = false, meshes, ...further }: ScopeText, account: string): Scope {
  const unknown = Object.keys(further);
  return {
    readOnly,
    meshes: meshes?.map((text) => parseMesh(text, account)),
    ...(unknown.length > 0 && { unknown }),
  };
}

export const formatScope = ({ readOnly, meshes }: Scope): ScopeText => ({
  readOnly,
  ...(meshes && { meshes: meshes.map(formatMesh) }),
});
