import { entityTypes, type Kind, type Violation, validate } from "@pulumi-appmesh/model";

/**
 * A new entity's name. Beyond App Mesh's length limit, a name must not take apart what it becomes part of: ARNs,
 * node ids (`mesh/shop@123456789012/virtualNode/catalog`), URLs and log lines.
 */
export function checkName(kind: Kind, name: unknown): Violation[] {
  const { nameMember, nameShape, title } = entityTypes[kind];
  const path = [nameMember];
  const violations = validate(nameShape, name, { path });
  if (violations.length > 0 || typeof name !== "string") return violations;
  if (/[/\p{Cc}]/u.test(name) || !name.isWellFormed() || name === "." || name === "..") {
    violations.push({
      path,
      given: name,
      message: `${JSON.stringify(name)} cannot be the name of a ${title}: slashes, control characters, "." and ".." are not allowed.`,
    });
  }
  if (kind === "mesh" && /@\d{12}$/.test(name)) {
    violations.push({
      path,
      given: name,
      message: `${JSON.stringify(name)} cannot be the name of a Mesh: proxies would read the end as the account of the mesh's owner.`,
    });
  }
  return violations;
}
