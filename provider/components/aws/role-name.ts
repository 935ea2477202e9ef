const longest = 64;
/** What the AWS provider adds to the name of a resource. */
const added = 8;
/** Of a prefix, which the AWS provider adds more to. */
const longestPrefix = 38;

/**
 * What names a role in AWS, by the name of its resource: nothing where the AWS provider's own way will do, which refuses long
 * names, and AWS some characters.
 */
export function roleName(resource: string): { readonly namePrefix?: string } {
  if (resource.length + added <= longest && /^[\w+=,.@-]+$/.test(resource)) return {};
  const allowed = resource.replace(/[^A-Za-z0-9_+=,.@-]+/g, "-");
  return { namePrefix: `${allowed.slice(0, longestPrefix - 1)}-` };
}

/** The family of a task definition, which has letters, digits, hyphens and underscores alone. */
export const familyName = (component: string): string =>
  component.replace(/[^A-Za-z0-9_-]+/g, "-").slice(0, 255);
