/** Of load balancers and of target groups. */
const longest = 32;
/** What the AWS provider adds to the name of a resource. */
const added = 8;

/**
 * What names a load balancer or a target group in AWS, by the name of its resource: nothing where the AWS provider's own way
 * will do, which refuses long names, and AWS some characters.
 */
export function balancerName(resource: string): { readonly namePrefix?: string } {
  if (resource.length + added <= longest && /^[A-Za-z0-9][A-Za-z0-9-]*$/.test(resource)) return {};
  const allowed = resource.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-/, "");
  // A prefix has up to six characters.
  return { namePrefix: `${allowed.slice(0, 5).replace(/-$/, "") || "mesh"}-` };
}
