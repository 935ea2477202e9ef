import { entityTypes, type Kind, type Violation, validate } from "@pulumi-appmesh/model";

/** A new entity's name: as the model has it, and such that what it becomes part of can be read back. */
export function checkName(kind: Kind, name: unknown): Violation[] {
  const { nameMember, nameShape } = entityTypes[kind];
  const path = [nameMember];
  const violations = validate(nameShape, name, { path });
  if (violations.length > 0) return violations;
  if (!(name as string).isWellFormed()) {
    const message = "text with half of a surrogate pair was given; whole characters are allowed.";
    return [{ path, given: name, message }];
  }
  // A node id names the owner of a mesh in this way: mesh/shop@123456789012/virtualNode/catalog.
  if (kind === "mesh" && /@\d{12}$/.test(name as string)) {
    const message = `${JSON.stringify(name)} was given; a name that does not end like the account of a mesh's owner, "@" and twelve digits, is allowed.`;
    return [{ path, given: name, message }];
  }
  return [];
}
