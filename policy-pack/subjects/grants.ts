import type { Source } from "./entity.js";
import { NotKnownYet, unknown } from "./known.js";
import { fromIam, isForContainers, type ManagedPolicy, type Statement, statementsOf } from "./permissions.js";
import type { Linked } from "./running.js";

/**
 * What roles of containers may do by a policy that stands beside them: which those are is known of a stack as a whole. Paths
 * are the declaration's own.
 */
export interface Grant {
  readonly kind: "grant";
  /** Names of the roles. */
  readonly to: readonly string[];
  readonly statements: readonly Statement[];
  /** Policies of AWS. */
  readonly managed: readonly ManagedPolicy[];
  readonly source: Source;
}

const role = "aws:iam/role:Role";
const rolePolicy = "aws:iam/rolePolicy:RolePolicy";
const policy = "aws:iam/policy:Policy";

/** Where resources name the roles and the policies that they bring together. */
const attachments: Readonly<Record<string, { readonly roles: string; readonly policies: string }>> = {
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": { roles: "role", policies: "policyArn" },
  "aws:iam/policyAttachment:PolicyAttachment": { roles: "roles", policies: "policyArn" },
  "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": {
    roles: "roleName",
    policies: "policyArns",
  },
};

/** Whether resources of the type tell of such policies. */
export const isAboutGrants = (type: string): boolean =>
  [role, rolePolicy, policy].includes(type) || Object.hasOwn(attachments, type);

const source: Source = { path: (path) => path };
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** What roles of containers are granted by other resources of the stack, with the resource that says what. */
export function grantsIn<R extends Linked>(resources: readonly R[]): ReadonlyMap<Grant, R> {
  const roles = resources.filter(
    ({ type, props }) => type === role && isForContainers(props.assumeRolePolicy),
  );
  const grants = new Map<Grant, R>();
  const attached = new Map<R, Set<string>>();
  const attach = (policyResource: Linked, names: readonly string[]) => {
    const own = resources.find(({ id, type }) => type === policy && id === policyResource.id);
    // One that is for proxies is judged by itself, whoever has it.
    if (own === undefined || fromIam(own.type, own.props) !== undefined) return;
    attached.set(own, new Set([...(attached.get(own) ?? []), ...names]));
  };
  const rolesOf = (resource: R, property: string): readonly string[] => {
    const linked = new Set((resource.from?.[property] ?? []).map(({ id }) => id));
    const named = new Set(listOf(resource.props[property]));
    return roles.filter(({ id, props }) => linked.has(id) || named.has(props.name)).map(nameOf);
  };
  for (const resource of roles)
    for (const each of resource.from?.managedPolicyArns ?? []) attach(each, [nameOf(resource)]);
  for (const resource of resources) {
    const names = attachments[resource.type];
    if (names !== undefined) {
      const to = rolesOf(resource, names.roles);
      if (to.length === 0) continue;
      for (const each of resource.from?.[names.policies] ?? []) attach(each, to);
      const given = resource.props[names.policies];
      const managed = listOf(given).flatMap((arn, index): ManagedPolicy[] =>
        typeof arn === "string"
          ? [{ arn, path: Array.isArray(given) ? [names.policies, index] : [names.policies] }]
          : [],
      );
      grants.set({ kind: "grant", to, statements: [], managed, source }, resource);
    } else if (resource.type === rolePolicy && fromIam(resource.type, resource.props) === undefined) {
      const to = rolesOf(resource, "role");
      if (to.length > 0) grants.set(byDocument(resource, to), resource);
    }
  }
  for (const [resource, to] of attached) grants.set(byDocument(resource, [...to]), resource);
  return grants;
}

const byDocument = ({ props }: Linked, to: readonly string[]): Grant => ({
  kind: "grant",
  to,
  get statements() {
    if (props.policy === unknown) throw new NotKnownYet(["policy"]);
    return statementsOf(props.policy, ["policy"]);
  },
  managed: [],
  source,
});

/** A role's own name, or that of its resource where AWS makes one up. */
const nameOf = ({ id, props }: Linked): string =>
  typeof props.name === "string" ? props.name : (id?.split("::").at(-1) ?? "");
