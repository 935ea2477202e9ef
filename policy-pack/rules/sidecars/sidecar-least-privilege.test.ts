import { deepEqual } from "node:assert/strict";
import { entitiesOfStack, subjectsOf } from "../../pulumi/subjects.js";
import { covers } from "../../subjects/permissions.js";
import { complies, judged, type Said, unknownText } from "../../testing/judged.js";
import { sidecarLeastPrivilege } from "./sidecar-least-privilege.js";

function said(type: string, props: object): Said | undefined {
  const [subject] = subjectsOf({ type, props });
  return subject && judged(sidecarLeastPrivilege, subject);
}
const document = (...Statement: readonly object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (Action: unknown, Resource: unknown = "*") => ({ Effect: "Allow", Action, Resource });
const trust = (Service: unknown = "ecs-tasks.amazonaws.com") =>
  document({ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" });
const role = (policy: unknown, assumeRolePolicy: unknown = trust()) =>
  said("aws:iam/role:Role", {
    assumeRolePolicy,
    inlinePolicies: [{ name: "first" }, { name: "own", policy }],
  });
const policy = (...statements: readonly object[]) =>
  said("aws:iam/rolePolicy:RolePolicy", { role: "web", policy: document(...statements) });

const stream = allow("appmesh:StreamAggregatedResources", "arn:aws:appmesh:r:1:mesh/shop/virtualNode/web");
const inRole = (statement: number, member: string, text: string) => ({
  findings: [`inlinePolicies[1].policy.Statement[${statement}].${member}: ${text}`],
});
const everything = (action: string) => `${action} allows every action; name the actions.`;
const everyMesh = (action: string) =>
  `${action} on every resource allows to change every mesh; allow appmesh:StreamAggregatedResources on the ARN of the virtual node or gateway.`;

describe("sidecar-least-privilege", () => {
  it("is content with what a proxy and its application need", () => {
    deepEqual(role(document(stream, allow(["s3:GetObject", "s3:*"], "arn:aws:s3:::shop/*"))), complies);
    deepEqual(role(document(allow("appmesh:*", "arn:aws:appmesh:r:1:mesh/lab/*"))), complies);
    deepEqual(role(document({ ...allow("*"), Effect: "Deny" })), complies);
    deepEqual(role(undefined), complies);
    deepEqual(policy(stream, allow("dynamodb:*")), complies);
  });

  it("finds every action, and every action of App Mesh everywhere", () => {
    deepEqual(role(document(stream, allow("*"))), inRole(1, "Action", everything("*")));
    deepEqual(
      role(document(allow(["s3:GetObject", "*:*"], "arn:x"))),
      inRole(0, "Action", everything("*:*")),
    );
    deepEqual(role(document(allow("appmesh:*"))), inRole(0, "Action", everyMesh("appmesh:*")));
    deepEqual(
      role(document(allow("AppMesh:*", ["arn:x", "*"])), trust(["pods.eks.amazonaws.com"])),
      inRole(0, "Action", everyMesh("AppMesh:*")),
    );
    deepEqual(
      role(document({ Effect: "Allow", NotAction: "iam:*", Resource: "*" })),
      inRole(
        0,
        "NotAction",
        "all actions but some are allowed, those of App Mesh and of tomorrow included; name the actions by Action.",
      ),
    );
  });

  it("knows a pattern of every action by all that it says", () => {
    for (const action of ["**", "*:*", "**:**"])
      deepEqual(role(document(allow(action, "arn:x"))), inRole(0, "Action", everything(action)));
    for (const [action, resource] of [
      ["appmesh:**", "*"],
      ["appmesh:*", "**"],
      ["appmesh:*", "arn:aws:appmesh:*:*:*"],
      ["appmesh:*", "arn:aws-cn:appmesh:cn-north-1:1:mesh/*"],
    ] as const)
      deepEqual(role(document(allow(action, resource))), inRole(0, "Action", everyMesh(action)));
    for (const action of ["*Object", "s3:*", "appmesh:*VirtualNode", "myappmesh:*", "appmesh:Describe*"])
      deepEqual(role(document(allow(action))), complies, action);
    deepEqual(role(document(allow("appmesh:*", "*:virtualNode/web"))), complies);
  });

  it("takes all resources but some for all", () => {
    const statement = { Effect: "Allow", Action: "appmesh:*", NotResource: "arn:aws:appmesh:r:1:mesh/bank" };
    deepEqual(role(document(statement)), inRole(0, "Action", everyMesh("appmesh:*")));
  });

  it("finds them in policies that let a proxy ask for its configuration, however they are given", () => {
    deepEqual(policy(stream, allow("*")), { findings: [`policy.Statement[1].Action: ${everything("*")}`] });
    deepEqual(said("aws:iam/policy:Policy", { policy: { Statement: [stream, allow("appmesh:*")] } }), {
      findings: [`policy.Statement[1].Action: ${everyMesh("appmesh:*")}`],
    });
    // They are for proxies by any of their actions, whatever pattern names it.
    for (const actions of [
      ["logs:PutLogEvents", "appmesh:StreamAggregatedResources"],
      "appmesh:*AggregatedResources",
    ])
      deepEqual(policy(allow(actions, "arn:x"), allow("*")), {
        findings: [`policy.Statement[1].Action: ${everything("*")}`],
      });
    deepEqual(policy(allow("appmesh:Stream*"), allow("*:*")), {
      findings: [`policy.Statement[1].Action: ${everything("*:*")}`],
    });
  });

  it("finds AWS's own policies that allow as much, and no others", () => {
    const managed = (...managedPolicyArns: unknown[]) =>
      said("aws:iam/role:Role", { assumeRolePolicy: trust(), managedPolicyArns });
    const ofAws = (name: string) => `arn:aws:iam::aws:policy/${name}`;
    const found = (at: number, name: string, allows: string) => ({
      findings: [
        `managedPolicyArns[${at}]: AWS's policy ${name} ${allows}; attach a policy that names the actions.`,
      ],
    });
    deepEqual(
      managed(ofAws("CloudWatchLogsFullAccess"), ofAws("AdministratorAccess")),
      found(1, "AdministratorAccess", "allows every action"),
    );
    for (const [name, allows] of [
      ["PowerUserAccess", "allows every action but those of IAM"],
      ["IAMFullAccess", "allows to give oneself every action"],
      ["AWSAppMeshFullAccess", "allows to change every mesh"],
    ] as const)
      deepEqual(managed(ofAws(name)), found(0, name, allows));
    deepEqual(managed("arn:aws-us-gov:iam::aws:policy/IAMFullAccess")?.findings?.length, 1);
    for (const other of [
      "arn:aws:iam::123456789012:policy/AdministratorAccess",
      "xarn:aws:iam::aws:policy/AdministratorAccess",
      ofAws("AdministratorAccess-Amplify"),
      ofAws("toString"),
      "AdministratorAccess",
      unknownText,
    ])
      deepEqual(managed(other), complies, other);
    deepEqual(
      said("aws:iam/role:Role", { assumeRolePolicy: trust(), managedPolicyArns: unknownText }),
      complies,
    );
  });

  it("finds them in roles of service accounts, but for App Mesh's own controller", () => {
    const accounts = (
      Condition: unknown,
      Federated: unknown = "arn:aws:iam::1:oidc-provider/oidc.eks.r.amazonaws.com/id/A",
    ) =>
      role(
        document(allow("*")),
        document({
          Effect: "Allow",
          Principal: { Federated },
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition,
        }),
      );
    const sub = "oidc.eks.r.amazonaws.com/id/A:sub";
    const account = (name: string) => `system:serviceaccount:shop:${name}`;
    const found = inRole(0, "Action", everything("*"));
    deepEqual(accounts({ StringEquals: { "oidc:aud": "sts.amazonaws.com", [sub]: account("web") } }), found);
    deepEqual(accounts({ StringLike: { [sub]: ["system:serviceaccount:shop:*"] } }), found);
    deepEqual(accounts({ StringEquals: { [sub]: [account("appmesh-controller"), account("web")] } }), found);
    deepEqual(accounts({ StringEquals: { [sub]: account("appmesh-controller") } }), undefined);
    // A build in somebody's pipeline, and people who sign in.
    deepEqual(accounts({ StringLike: { [sub]: "repo:shop/web:*" } }), undefined);
    deepEqual(accounts({ StringEquals: { "oidc:aud": account("web") } }), undefined);
    deepEqual(accounts(undefined), undefined);
    deepEqual(
      accounts({ StringEquals: { [sub]: account("web") } }, "arn:aws:iam::1:saml-provider/all"),
      undefined,
    );
  });

  it("is not about what may be anybody's", () => {
    for (const action of ["appmesh:*", "AppMesh:**"]) deepEqual(policy(allow(action)), undefined);
    deepEqual(policy(allow("*")), undefined);
    deepEqual(policy(allow("appmesh:CreateMesh"), allow("*")), undefined);
    deepEqual(policy({ ...stream, Effect: "Deny" }, allow("*")), undefined);
    deepEqual(role(document(allow("*")), trust("ec2.amazonaws.com")), undefined);
    deepEqual(role(document(allow("*")), document({ Effect: "Allow", Principal: "*" })), undefined);
    for (const nothing of ["{", "[]", ""]) {
      deepEqual(role(document(allow("*")), nothing), undefined);
      deepEqual(said("aws:iam/policy:Policy", { policy: nothing }), undefined);
    }
    deepEqual(said("aws:iam/user:User", { policy: document(stream, allow("*")) }), undefined);
    deepEqual(
      entitiesOfStack([{ urn: "u", type: "aws:iam/role:Role", props: { assumeRolePolicy: trust() } }]).size,
      0,
    );
  });

  it("waits for what is not known", () => {
    deepEqual(said("aws:iam/role:Role", { assumeRolePolicy: trust(), inlinePolicies: unknownText }), {
      open: ["inlinePolicies"],
    });
    deepEqual(
      said("aws:iam/role:Role", { assumeRolePolicy: trust(), inlinePolicies: [{ policy: unknownText }] }),
      { open: ["inlinePolicies[0].policy"] },
    );
    deepEqual(said("aws:iam/role:Role", { assumeRolePolicy: unknownText }), undefined);
    deepEqual(said("aws:iam/policy:Policy", { policy: unknownText }), undefined);
  });
});

describe("patterns of actions", () => {
  it("take in what AWS's do", () => {
    const stream = "appmesh:StreamAggregatedResources";
    for (const pattern of ["appmesh:*", stream, "APPMESH:stream*", "appmesh:Stream?ggregatedResources", "*"])
      deepEqual(covers(pattern, stream), true, pattern);
    for (const pattern of ["appmesh:Stream", "appmesh.*", "s3:*", "?", "appmesh:StreamAggregatedResources?"])
      deepEqual(covers(pattern, stream), false, pattern);
  });
});
