import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import { lineageNames } from "./appmesh.js";
import type { Entity } from "./entity.js";
import { guarded } from "./known.js";
import { inModelWords, inOtherWords, type Renaming } from "./renaming.js";

const kinds = new Map<string, Kind>(
  Object.values(entityTypes).map(({ kind, title }) => [`aws:appmesh/${kind}:${title}`, kind]),
);

/** Where @pulumi/aws, which follows Terraform's words, does not call things as App Mesh does. */
export const awsWords: Renaming = {
  match: { exacts: "exact", metadatas: "metadata" },
  connectionPool: {
    https: { to: "http", only: true },
    http2s: { to: "http2", only: true },
    tcps: { to: "tcp", only: true },
  },
  format: { jsons: "json" },
  awsCloudMap: {
    attributes: {
      to: "attributes",
      value: (map) => Object.entries((map ?? {}) as object).map(([key, value]) => ({ key, value })),
    },
  },
};

/** The App Mesh resources of Pulumi's AWS provider. */
export function fromAws(type: string, props: Readonly<Record<string, unknown>>): Entity | undefined {
  const kind = kinds.get(type);
  if (kind === undefined) return undefined;
  const spec = inModelWords(awsWords, props.spec ?? {});
  const own = entityTypes[kind].nameMember;
  // Each resource calls its own name `name`, and those above it as App Mesh does.
  const named = (member: string) => guarded(props, [])[member === own ? "name" : member] as string;
  return {
    kind,
    get meshName() {
      return named("meshName");
    },
    get names() {
      return lineageNames(kind).map(named);
    },
    get spec() {
      return guarded({ spec }, []).spec as Entity["spec"];
    },
    given: spec,
    get tags() {
      return (guarded(props, []).tags ?? {}) as Entity["tags"];
    },
    source: { path: (path) => inOtherWords(awsWords, path) },
  } as Entity;
}
