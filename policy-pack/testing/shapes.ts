// The same entities in the other ways to declare them, written apart from the reading of them.
import { entityTypes } from "@pulumi-appmesh/model";
import type { StackResource } from "../pulumi/subjects.js";

type Props = Readonly<Record<string, unknown>>;
const typeOf = ({ type }: StackResource) => {
  const title = type.split(":").at(-1);
  const found = Object.values(entityTypes).find((each) => each.title === title);
  if (found === undefined) throw new Error(`${type} is no entity`);
  return found;
};

/** Values in other words: members by their names, each with what becomes of it. */
function reworded(
  value: unknown,
  words: (name: string, member: unknown) => readonly [string, unknown],
): unknown {
  if (Array.isArray(value)) return value.map((item) => reworded(item, words));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => words(name, reworded(member, words))),
  );
}

/** Resources of this project's provider, as the AWS provider has them. */
export function toAws(resources: readonly StackResource[]): readonly StackResource[] {
  return resources.map((resource) => {
    const { kind, title, nameMember } = typeOf(resource);
    const { [nameMember]: name, spec, ...others } = resource.props as Props;
    const words = (member: string, value: unknown): readonly [string, unknown] =>
      member === "exact"
        ? ["exacts", value]
        : member === "connectionPool"
          ? [member, { https: [(value as { http: unknown }).http] }]
          : [member, value];
    const props = { ...others, name, spec: reworded(spec, words) };
    return { urn: resource.urn, type: `aws:appmesh/${kind}:${title}`, props };
  });
}

/** The same as Kubernetes objects; undefined where the rule is about what Kubernetes objects do not have, or have by other names. */
export function toKubernetes(resources: readonly StackResource[]): readonly StackResource[] | undefined {
  const words = (member: string, value: unknown): readonly [string, unknown] =>
    member === "virtualServiceName"
      ? ["virtualServiceARN", `arn:aws:appmesh:r:1:mesh/shop/virtualService/${value}`]
      : member === "virtualNode" && typeof value === "string"
        ? ["virtualNodeARN", `arn:aws:appmesh:r:1:mesh/shop/virtualNode/${value}`]
        : [member, value];
  const object = (urn: string, kind: string, name: unknown, spec: object) => ({
    urn,
    type: `kubernetes:appmesh.k8s.aws/v1beta2:${kind}`,
    props: {
      apiVersion: "appmesh.k8s.aws/v1beta2",
      kind,
      metadata: { name: `object-of-${name}` },
      spec: { awsName: name, ...(kind !== "Mesh" && { meshRef: { name: "shop" } }), ...spec },
    },
  });
  if (resources.some(({ props }) => "tags" in props)) return undefined;
  const routes = resources.filter(({ type }) => type === "appmesh:index:Route");
  const last = routes.at(-1);
  const router = (last?.props as Props | undefined)?.virtualRouterName;
  return [
    ...resources.flatMap((resource) => {
      const { title, nameMember } = typeOf(resource);
      const { [nameMember]: name, spec } = resource.props as Props;
      return title === "Route" ? [] : [object(resource.urn, title, name, reworded(spec, words) as object)];
    }),
    ...(last
      ? [
          object(last.urn, "VirtualRouter", router, {
            routes: routes.map(({ props }) => {
              const { routeName, spec } = props as Props;
              return { name: routeName, ...(reworded(spec, words) as object) };
            }),
          }),
        ]
      : []),
  ];
}
