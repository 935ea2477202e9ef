import type { Path } from "@pulumi-appmesh/model";
import type { Source } from "./entity.js";
import { guarded, unknown } from "./known.js";

/** What a proxy, or an application beside one, may do in AWS. Paths are the declaration's own. */
export interface Permissions {
  readonly kind: "permissions";
  readonly statements: readonly Statement[];
  /** ARNs of policies that stand elsewhere, AWS's own among them. */
  readonly managed: readonly ManagedPolicy[];
  readonly source: Source;
}

/** A statement that allows something. */
export interface Statement {
  /** Patterns of actions, in which `*` stands for any text. */
  readonly actions: readonly string[];
  /** It allows all but some actions. */
  readonly isInverse: boolean;
  readonly resources: readonly string[];
  readonly path: Path;
}

export interface ManagedPolicy {
  readonly arn: string;
  readonly path: Path;
}

type Members = Readonly<Record<string, unknown>>;
const source: Source = { path: (path) => path };
const membersOf = (value: unknown): Members =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : {};
const listOf = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** Who takes on roles for containers. */
const platforms = ["ecs-tasks.amazonaws.com", "pods.eks.amazonaws.com"];

/** What a proxy asks its control plane by: nobody else has to. */
const asked = "appmesh:StreamAggregatedResources";

/**
 * The permissions that a role for containers has in it, or that a policy gives which lets a proxy ask for its
 * configuration. undefined for others, and where that is not known: they may be anybody's.
 */
export function fromIam(type: string, props: Members): Permissions | undefined {
  if (isRole.test(type)) {
    if (!isForContainers(props.assumeRolePolicy)) return undefined;
    return {
      kind: "permissions",
      get statements() {
        return listOf(guarded(props, []).inlinePolicies).flatMap((policy, index) => {
          const path: Path = ["inlinePolicies", index, "policy"];
          return statementsOf(membersOf(policy).policy, path);
        });
      },
      get managed() {
        // One of them that is not known yet is a policy of this stack, which is judged with the stack.
        return listOf(props.managedPolicyArns).flatMap((arn, index) =>
          typeof arn === "string" ? [{ arn, path: ["managedPolicyArns", index] }] : [],
        );
      },
      source,
    };
  }
  const statements = statementsOf(props.policy, ["policy"]);
  // All of App Mesh may be allowed to whoever deploys: a proxy's policy names what a proxy asks.
  const isForProxies = statements.some(({ actions }) =>
    actions.some((action) => /^appmesh:(?!\*+$)/i.test(action) && covers(action, asked)),
  );
  if (!isForProxies) return undefined;
  return {
    kind: "permissions",
    get statements() {
      return statementsOf(guarded(props, []).policy, ["policy"]);
    },
    managed: [],
    source,
  };
}

export const iamTypes = /^aws:iam\/(role:Role|rolePolicy:RolePolicy|policy:Policy)$/;
const isRole = /^aws:iam\/role:/;

/** Whether a pattern of actions takes in this one. Their letters may be large or small. */
export function covers(pattern: string, action: string): boolean {
  const expression = pattern
    .split("*")
    .map((part) =>
      part
        .split("?")
        .map((text) => text.replace(/[.+^${}()|[\]\\]/g, "\\$&"))
        .join("."),
    )
    .join(".*");
  return new RegExp(`^${expression}$`, "i").test(action);
}

/** Whether a role is taken on by the containers of a task, or of a pod. */
export function isForContainers(policy: unknown): boolean {
  return listOf(documentOf(policy).Statement).some((statement) => {
    const { Principal, Condition } = membersOf(statement);
    const { Service, Federated } = membersOf(Principal);
    return (
      listOf(Service).some((service) => platforms.includes(String(service))) ||
      (listOf(Federated).some((provider) => String(provider).includes(":oidc-provider/")) &&
        serviceAccountsOf(Condition).some((account) => !isController.test(account)))
    );
  });
}

/** The service accounts of a cluster whose pods take a role on: `system:serviceaccount:shop:web`. */
const serviceAccountsOf = (condition: unknown): readonly string[] =>
  Object.values(membersOf(condition)).flatMap((operator) =>
    Object.entries(membersOf(operator)).flatMap(([key, value]) =>
      key.endsWith(":sub")
        ? listOf(value)
            .map(String)
            .filter((subject) => subject.startsWith("system:serviceaccount:"))
        : [],
    ),
  );

/** App Mesh's own controller changes meshes: that is what it is for. */
const isController = /:appmesh-controller$/;

/** What a policy allows. Paths begin with that of the policy. */
export function statementsOf(policy: unknown, path: Path): readonly Statement[] {
  return listOf(documentOf(policy).Statement).flatMap((each, index) => {
    const statement = membersOf(each);
    const { Effect, Action, NotAction } = statement;
    if (Effect !== "Allow") return [];
    return [
      {
        actions: listOf(Action).map(String),
        isInverse: NotAction !== undefined,
        get resources() {
          // All but some are as good as all.
          return statement.NotResource === undefined ? listOf(statement.Resource).map(String) : ["*"];
        },
        path: [...path, "Statement", index],
      },
    ];
  });
}

/** A document, which is mostly given as its text. IAM has to say what is wrong with one that is none. */
function documentOf(policy: unknown): Members {
  if (policy === unknown || typeof policy !== "string") return membersOf(policy);
  try {
    return membersOf(JSON.parse(policy));
  } catch {
    return {};
  }
}
