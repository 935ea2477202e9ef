// What cannot be judged, or not yet, on the real engine: nothing passes without a word, and one keeps no other from being judged.
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Mesh, VirtualNode } from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane, temporaryFolder } from "../support/control-plane.js";
import { pack, policedStack, Shown, said } from "./stack.js";

const told = (run: Parameters<typeof said>[0]) =>
  said(run).map(({ rule, level, about, message }) => [rule, level, about, message.split("\n").at(-1)]);

describe("the policy pack on the real engine, of what cannot be judged", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let env: Record<string, string>;
  before(async () => {
    controlPlane = await startControlPlane();
    env = { APPMESH_ENDPOINT: controlPlane.api };
  });
  after(() => controlPlane.stop());

  it("judges at the preview what is known of a mesh, whatever else is not", async () => {
    const stack = await policedStack(env, {
      all: "disabled",
      rules: { "references-resolve": "mandatory", "services-used": "mandatory" },
    });
    const backend = (virtualServiceName: string | Mesh["arn"]) => ({
      virtualService: { virtualServiceName },
    });
    const run = await stack.preview(
      async () => {
        const { meshName, arn } = new Mesh("shop", { meshName: "shop" });
        const node = (name: string, spec: object) =>
          new VirtualNode(name, { meshName, virtualNodeName: name, spec });
        // What has the mesh's ARN, which the control plane gives, is not known.
        node("later", {
          backends: [backend(arn.apply((text) => `${text.length}.local`)), backend("b.local")],
        });
        node("unseen", { backends: arn.apply(() => [backend("c.local")]) });
        node("known", { backends: [backend("a.local")] });
      },
      { policyPacks: [pack] },
    );
    match(run.failure ?? "", /preview failed/);
    const missing = (name: string) => `there is no virtual service ${name}; correct the name, or declare it.`;
    const place = (index: number) => `spec.backends[${index}].virtualService.virtualServiceName`;
    deepStrictEqual(told(run), [
      ["references-resolve", "mandatory", "known", `${place(0)}: ${missing("a.local")}`],
      ["references-resolve", "mandatory", "later", `${place(1)}: ${missing("b.local")}`],
    ]);
  });

  it("tells of specs that are invalid, of versions that it cannot read, and of what is attached to a role", async () => {
    const stack = await policedStack(env, {
      all: "disabled",
      rules: {
        "retry-within-timeout": "mandatory",
        "declarations-readable": "mandatory",
        "sidecar-attached-policies": "mandatory",
        "sidecar-least-privilege": "mandatory",
      },
    });
    const run = await stack.preview(
      async () => {
        const object = (version: string, kind: string, spec: object) =>
          new Shown(`kubernetes:appmesh.k8s.aws/${version}:${kind}`, version, {
            apiVersion: `appmesh.k8s.aws/${version}`,
            kind,
            metadata: { name: "web", namespace: "shop" },
            spec,
          });
        object("v1beta1", "VirtualNode", {});
        const action = { weightedTargets: [{ virtualNodeRef: { name: "web" }, weight: 1 }] };
        const httpRoute = { match: { prefix: "/" }, action, retryPolicy: { maxRetries: 2 } };
        object("v1beta2", "VirtualRouter", { routes: [{ name: "all", httpRoute }] });
        const assumeRolePolicy = JSON.stringify({
          Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" } }],
        });
        const admin = "arn:aws:iam::aws:policy/AdministratorAccess";
        new Shown("aws:iam/role:Role", "own", { name: "own", assumeRolePolicy, managedPolicyArns: [admin] });
        new Shown("aws:iam/role:Role", "task", { name: "task", assumeRolePolicy });
        new Shown("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "admin", {
          role: "task",
          policyArn: admin,
        });
      },
      { policyPacks: [pack] },
    );
    match(run.failure ?? "", /preview failed/);
    deepStrictEqual(told(run), [
      [
        "declarations-readable",
        "mandatory",
        "v1beta1",
        "version appmesh.k8s.aws/v1beta1 cannot be read, so that no other rule judges it; declare it in appmesh.k8s.aws/v1beta2.",
      ],
      [
        "declarations-readable",
        "mandatory",
        "v1beta2",
        "spec.routes[0].httpRoute.retryPolicy.perRetryTimeout: App Mesh does not take it: nothing was given; an object with value and unit is required; correct it.",
      ],
      [
        "retry-within-timeout",
        "mandatory",
        "v1beta2",
        "spec.routes[0].httpRoute.retryPolicy.perRetryTimeout: the spec is invalid, so that the rule cannot judge it: nothing was given; an object with value and unit is required; correct it.",
      ],
      [
        "sidecar-attached-policies",
        "mandatory",
        "admin",
        "policyArn: AWS's policy AdministratorAccess allows every action, and role task of containers has it; attach a policy that names the actions.",
      ],
      [
        "sidecar-least-privilege",
        "mandatory",
        "own",
        "managedPolicyArns[0]: AWS's policy AdministratorAccess allows every action; attach a policy that names the actions.",
      ],
    ]);
  });

  it("stops, and says why, where Pulumi's own configuration cannot be followed", async () => {
    const stack = await policedStack(env);
    const configured = async (config: object) => {
      const file = join(temporaryFolder(), "policies.json");
      writeFileSync(file, JSON.stringify(config));
      const { failure } = await stack.preview(async () => {}, {
        policyPacks: [pack],
        policyPackConfigs: [file],
      });
      return failure ?? "";
    };
    for (const [config, expected] of [
      [
        { "name-pattern": { enforcementLevel: "mandatory", pattern: "[" } },
        /rules\.name-pattern\.pattern: "\[" was given; a regular expression is allowed/,
      ],
      [{ "retry-attempts-bounded": { maximum: "many" } }, /retry-attempts-bounded: maximum: Invalid type\./],
      [
        { "tls-strict": "mandatory" },
        /rules\.tls-strict: there is no such name; there are tls-listener-strict, /,
      ],
    ] as const)
      match(await configured(config), expected);
    strictEqual(await configured({ all: "advisory", "retry-attempts-bounded": { maximum: 5 } }), "");
  });
});
