import type { Path } from "@pulumi-appmesh/model";
import type { Finding } from "../../rule.js";
import type { ManagedPolicy, Statement } from "../../subjects/permissions.js";

/** AWS's own policies that allow every action, every action of App Mesh on every mesh, or to give oneself either. */
const managedByAws: Readonly<Record<string, string>> = {
  AdministratorAccess: "allows every action",
  PowerUserAccess: "allows every action but those of IAM",
  IAMFullAccess: "allows to give oneself every action",
  AWSAppMeshFullAccess: "allows to change every mesh",
};

/** Every resource, or every mesh of some account. */
const allMeshes = /^(\*+|arn:[^:]*:appmesh:[^:]*:[^:]*:(mesh\/)?\*+)$/;

interface Found extends Finding {
  readonly path: Path;
}

/** What a statement allows that no proxy needs, nor an application beside one. */
export function tooMuch(statement: Statement): readonly Found[] {
  const { actions, isInverse, path } = statement;
  const found: Found[] = [];
  if (isInverse) {
    found.push({
      path: [...path, "NotAction"],
      message: "all actions but some are allowed, those of App Mesh and of tomorrow included",
      fix: "name the actions by Action",
    });
  }
  const at = [...path, "Action"];
  for (const action of actions) {
    if (/^\*+(:\*+)?$/.test(action)) {
      found.push({ path: at, message: `${action} allows every action`, fix: "name the actions" });
    } else if (/^appmesh:\*+$/i.test(action) && statement.resources.some((each) => allMeshes.test(each))) {
      found.push({
        path: at,
        message: `${action} on every resource allows to change every mesh`,
        fix: "allow appmesh:StreamAggregatedResources on the ARN of the virtual node or gateway",
      });
    }
  }
  return found;
}

/** What is wrong with a policy of AWS; undefined for all others. */
export function tooMuchOfAws({ arn, path }: ManagedPolicy): Found | undefined {
  const name = /^arn:aws[\w-]*:iam::aws:policy\/(.+)$/.exec(arn)?.[1] ?? "";
  const allows = Object.hasOwn(managedByAws, name) ? managedByAws[name] : undefined;
  return allows === undefined
    ? undefined
    : { path, message: `AWS's policy ${name} ${allows}`, fix: "attach a policy that names the actions" };
}
