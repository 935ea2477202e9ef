import { deepEqual } from "node:assert/strict";
import { Analyzer } from "../../pulumi/analyzer.js";
import { type StackResource, subjectsOfStack } from "../../pulumi/subjects.js";
import { configure } from "../../settings.js";
import { judged, unknownText } from "../../testing/judged.js";
import { sidecarAttachedPolicies } from "./sidecar-attached-policies.js";

const urn = (name: string) => `urn:pulumi:dev::shop::${name}`;
const resource = (
  type: string,
  name: string,
  props: object,
  from: Record<string, readonly string[]> = {},
): StackResource => ({
  urn: urn(name),
  type: `aws:iam/${type[0]?.toLowerCase()}${type.slice(1)}:${type}`,
  props,
  propertyDependencies: Object.fromEntries(
    Object.entries(from).map(([property, names]) => [property, names.map(urn)]),
  ),
});
const document = (...Statement: readonly object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (Action: string) => ({ Effect: "Allow", Action, Resource: "*" });
const trust = (Service = "ecs-tasks.amazonaws.com") =>
  document({ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" });
const role = (name: string, props: object = {}, from: Record<string, readonly string[]> = {}) =>
  resource("Role", name, { assumeRolePolicy: trust(), ...props }, from);
const all = document(allow("s3:GetObject"), allow("*"));
const policy = (name: string, text: unknown = all) => resource("Policy", name, { policy: text });
const admin = "arn:aws:iam::aws:policy/AdministratorAccess";

/** What is said, by the resource at which it is. */
const said = (...resources: readonly StackResource[]) =>
  Object.fromEntries(
    [...subjectsOfStack(resources)].flatMap(([grant, at]) => {
      const what = judged(sidecarAttachedPolicies, grant);
      return what && Object.keys(what).length > 0 ? [[at.replace(urn(""), ""), what]] : [];
    }),
  );
const everything = (has: string) => ({
  findings: [
    `policy.Statement[1].Action: * allows every action, and ${has} of containers has it; name the actions.`,
  ],
});
const byAws = (path: string, has: string) => ({
  findings: [
    `${path}: AWS's policy AdministratorAccess allows every action, and ${has} of containers has it; attach a policy that names the actions.`,
  ],
});

describe("sidecar-attached-policies", () => {
  it("finds what is attached by another resource, by the role's name or its output", () => {
    const attach = (props: object, from: Record<string, readonly string[]> = {}) =>
      said(
        role("web", { name: "web-role" }),
        policy("wide"),
        resource("RolePolicyAttachment", "a", props, from),
      );
    deepEqual(attach({ role: "web-role", policyArn: admin }), { a: byAws("policyArn", "role web-role") });
    deepEqual(attach({ role: unknownText, policyArn: admin }, { role: ["web"] }), {
      a: byAws("policyArn", "role web-role"),
    });
    deepEqual(attach({ role: "web-role", policyArn: unknownText }, { policyArn: ["wide"] }), {
      wide: everything("role web-role"),
    });
    deepEqual(attach({ role: "other", policyArn: admin }), {});
    deepEqual(attach({ role: "web-role", policyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess" }), {});
    deepEqual(attach({ role: "web-role", policyArn: unknownText }), {});
  });

  it("finds what is attached to several, once for the policy", () => {
    const two = [role("web"), role("api"), policy("wide")];
    const roles = [unknownText, unknownText];
    deepEqual(
      said(
        ...two,
        resource(
          "PolicyAttachment",
          "a",
          { roles, policyArn: unknownText },
          {
            roles: ["web", "api"],
            policyArn: ["wide"],
          },
        ),
        resource("RolePolicyAttachment", "b", { role: unknownText }, { role: ["web"], policyArn: ["wide"] }),
      ),
      {
        wide: {
          findings: [
            "policy.Statement[1].Action: * allows every action, and roles web, api of containers have it; name the actions.",
          ],
        },
      },
    );
    deepEqual(
      said(
        role("web", { name: "web-role" }),
        resource("RolePolicyAttachmentsExclusive", "a", {
          roleName: "web-role",
          policyArns: ["arn:aws:iam::1:policy/own", admin],
        }),
      ),
      { a: byAws("policyArns[1]", "role web-role") },
    );
  });

  it("finds policies of the stack that the role itself names, and those that a resource gives it", () => {
    deepEqual(
      said(
        role("web", { managedPolicyArns: [unknownText] }, { managedPolicyArns: ["wide"] }),
        policy("wide"),
      ),
      { wide: everything("role web") },
    );
    deepEqual(
      said(role("web"), resource("RolePolicy", "own", { role: unknownText, policy: all }, { role: ["web"] })),
      { own: everything("role web") },
    );
  });

  it("leaves to the other rule what it finds, and is not about roles of others", () => {
    const stream = document(allow("appmesh:StreamAggregatedResources"), allow("*"));
    const attached = resource("RolePolicyAttachment", "a", {}, { role: ["web"], policyArn: ["wide"] });
    const own = (text: string) => resource("RolePolicy", "own", { policy: text }, { role: ["web"] });
    deepEqual(said(role("web"), policy("wide", stream), attached, own(stream)), {});
    const machine = role("web", { assumeRolePolicy: trust("ec2.amazonaws.com") });
    deepEqual(said(machine, policy("wide"), attached, own(all)), {});
    deepEqual(said(policy("wide"), own(all)), {});
    const elsewhere = resource("RolePolicyAttachment", "a", {}, { role: ["web"], policyArn: ["web"] });
    deepEqual(said(role("web"), elsewhere), {});
  });

  it("is about what is attached, and to whom, alone", () => {
    // A policy that lies beside, and a role that is called as no resource says.
    deepEqual(said(role("web"), policy("wide")), {});
    const named = resource("RolePolicyAttachment", "a", { role: "web", policyArn: admin });
    deepEqual(said(role("web"), named), {});
    deepEqual(said(role("web", { name: "web" }), named), { a: byAws("policyArn", "role web") });
    // Without what its properties were computed from, as files have it.
    const { propertyDependencies: _, ...bare } = named;
    deepEqual(said(role("web", { name: "web" }), bare), { a: byAws("policyArn", "role web") });
    const two = [policy("other", document(allow("s3:*"))), policy("wide")];
    const attached = resource("RolePolicyAttachment", "a", {}, { role: ["web"], policyArn: ["wide"] });
    deepEqual(said(role("web"), ...two, attached), { wide: everything("role web") });
    const bucket = {
      ...resource("RolePolicy", "own", { policy: all }, { role: ["web"] }),
      type: "aws:s3/b:B",
    };
    deepEqual(said(role("web"), bucket), {});
  });

  it("waits for what is not known", () => {
    const attached = resource("RolePolicyAttachment", "a", {}, { role: ["web"], policyArn: ["wide"] });
    deepEqual(said(role("web"), policy("wide", unknownText), attached), { wide: { open: ["policy"] } });
  });

  it("is asked of a stack, told at the resource that says it, and says where nothing is attached", () => {
    const analyzer = new Analyzer(
      configure({ all: "disabled", rules: { [sidecarAttachedPolicies.name]: "mandatory" } }),
    );
    const attached = resource("RolePolicyAttachment", "a", { policyArn: admin }, { role: ["web"] });
    deepEqual(
      analyzer.analyzeStack([role("web"), attached]).diagnostics.map(({ urn, message }) => [urn, message]),
      [[urn("a"), byAws("policyArn", "role web").findings[0]]],
    );
    deepEqual(analyzer.analyzeStack([role("web")]).notApplicable, [
      { policy: sidecarAttachedPolicies.name, reason: "no policy is attached to a role of containers" },
    ]);
    deepEqual(analyzer.analyze(role("web")).notApplicable, []);
  });
});
