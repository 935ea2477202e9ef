// How Pulumi's SDK calls the rules: each by itself, with a copy of its own, in turns with calls about other resources.
import { deepEqual, equal, throws } from "node:assert/strict";
import {
  type ResourceValidationPolicy,
  type StackValidationPolicy,
  unknownCheckingProxy,
} from "@pulumi/policy";
import { configure } from "../settings.js";
import { unknownText } from "../testing/judged.js";
import { policies } from "./policies.js";

interface Counted {
  readonly props: object;
  readonly reads: () => number;
}

/** Properties that count how often they are read. */
function counted(props: object): Counted {
  let reads = 0;
  const counting = new Proxy(props, {
    get(target, key, receiver) {
      if (key === "spec") reads++;
      return Reflect.get(target, key, receiver);
    },
  });
  return { props: counting, reads: () => reads };
}

class NotApplicable extends Error {}

const common = {
  getConfig: () => ({}),
  notApplicable: (reason: string) => {
    throw new NotApplicable(reason);
  },
};

/** What a policy says of a resource: findings, or why it does not apply. */
function said(policy: ResourceValidationPolicy, urn: string, type: string, props: object): string[] {
  const found: string[] = [];
  const validate = policy.validateResource as (args: unknown, report: (text: string) => void) => void;
  try {
    validate({ ...common, urn, type, props }, (text) => found.push(text));
  } catch (error) {
    if (!(error instanceof NotApplicable)) throw error;
    found.push(`not applicable: ${error.message}`);
  }
  return found;
}

const all = policies(configure({ all: "mandatory" }));
const ofResources = all.filter((policy) => "validateResource" in policy) as ResourceValidationPolicy[];
const ofStacks = all.filter((policy) => "validateStack" in policy) as StackValidationPolicy[];
const policyNamed = (name: string) =>
  ofResources.find((policy) => policy.name === name) as ResourceValidationPolicy;

const meshType = "appmesh:index:Mesh";
const open = { meshName: "shop", spec: { egressFilter: { type: "ALLOW_ALL" } } };
const shut = { meshName: "shop", spec: { egressFilter: { type: "DROP_ALL" } } };
const allows = ["spec.egressFilter.type: ALLOW_ALL lets traffic out to any address; set it to DROP_ALL."];

describe("policies of the pack", () => {
  it("read a resource once for all of them, and once more for the next call about it", () => {
    const { props, reads } = counted(open);
    for (const policy of ofResources) said(policy, "urn:mesh", meshType, props);
    equal(reads(), 1);
    for (const policy of ofResources) said(policy, "urn:mesh", meshType, props);
    equal(reads(), 2);
  });

  it("do not mix up calls that come in between, nor what a resource was with what it is", () => {
    const egress = policyNamed("egress-drop-all");
    const first = policyNamed("tls-listener-strict");
    said(first, "urn:a", meshType, open);
    said(first, "urn:b", meshType, shut);
    deepEqual(said(egress, "urn:a", meshType, open), allows);
    deepEqual(said(egress, "urn:b", meshType, shut), []);
    said(first, "urn:a", meshType, shut);
    deepEqual(said(egress, "urn:a", meshType, shut), []);
  });

  it("forget the oldest of many calls under way, and read it again", () => {
    const egress = policyNamed("egress-drop-all");
    const first = policyNamed("tls-listener-strict");
    const { props, reads } = counted(open);
    said(first, "urn:old", meshType, props);
    for (let at = 0; at < 64; at++) said(first, `urn:${at}`, meshType, shut);
    deepEqual(said(egress, "urn:old", meshType, props), allows);
    equal(reads(), 2);
  });

  it("let other resources through without a word, and say why they do not apply to ours", () => {
    const pod = { spec: { containers: [{ name: "app", image: "shop:1" }] } };
    for (const policy of ofResources)
      deepEqual(said(policy, "urn:pod", "kubernetes:core/v1:Pod", pod), [], policy.name);
    for (const policy of ofResources)
      deepEqual(said(policy, "urn:bucket", "aws:s3/bucket:Bucket", {}), [], policy.name);
    deepEqual(said(policyNamed("tls-listener-strict"), "urn:mesh", meshType, open), [
      "not applicable: it is about virtualNode",
    ]);
  });

  it("leave errors the stacks that they have elsewhere", () => {
    const { stackTraceLimit } = Error;
    said(policyNamed("tls-listener-strict"), "urn:mesh", meshType, open);
    equal(Error.stackTraceLimit, stackTraceLimit);
  });

  it("read a stack once for all rules about meshes", () => {
    const { props, reads } = counted(open);
    const resources = [{ urn: "urn:mesh", type: meshType, props }];
    const judge = () => {
      for (const { name, validateStack } of ofStacks) {
        try {
          validateStack({ ...common, resources } as never, () => {});
        } catch (error) {
          if (!(error instanceof NotApplicable)) throw new Error(name, { cause: error });
        }
      }
    };
    judge();
    equal(reads(), 1);
    judge();
    equal(reads(), 2);
  });

  it("do not swallow what goes wrong", () => {
    const broken = new Proxy(open, {
      get() {
        throw new Error("the connection is lost");
      },
    });
    throws(() => said(policyNamed("egress-drop-all"), "urn:broken", meshType, broken), {
      message: "the connection is lost",
    });
  });

  it("say what they wait for", () => {
    const later = "not known before `pulumi up`, which judges it";
    const listener = (mode: unknown) => ({ portMapping: { port: 1, protocol: "http" }, tls: { mode } });
    const node = (...modes: unknown[]) => ({
      meshName: "shop",
      virtualNodeName: "web",
      spec: { listeners: modes.map(listener) },
    });
    const strict = policyNamed("tls-listener-strict");
    const type = "appmesh:index:VirtualNode";
    const one = unknownCheckingProxy(node(unknownText));
    deepEqual(said(strict, "urn:1", type, one), [`not applicable: spec.listeners[0].tls.mode is ${later}`]);
    const two = unknownCheckingProxy(node(unknownText, unknownText));
    deepEqual(said(strict, "urn:2", type, two), [
      `not applicable: spec.listeners[0].tls.mode, spec.listeners[1].tls.mode are ${later}`,
    ]);
    deepEqual(said(policyNamed("tls-client-policy"), "urn:1", type, one), [
      "not applicable: it has no backend",
    ]);
  });

  it("mend what is not exempt, and tell of what is", () => {
    const exemption = {
      urn: "urn:lab",
      rules: ["egress-drop-all", "services-used"],
      reason: "the lab calls all",
    };
    const own = policies(configure({ exemptions: [exemption] }));
    const [egress, used, report] = ["egress-drop-all", "services-used", "exemptions"].map((name) =>
      own.find((policy) => policy.name === name),
    );
    const remediateResource = (egress as ResourceValidationPolicy).remediateResource as (
      args: unknown,
    ) => unknown;
    const mended = (urn: string, type: string, props: object) =>
      remediateResource({ ...common, urn, type, props: structuredClone(props) });
    deepEqual(mended("urn:mesh", meshType, open), shut);
    deepEqual(mended("urn:mesh", meshType, shut), undefined);
    deepEqual(mended("urn:lab", meshType, open), undefined);
    deepEqual(mended("urn:bucket", "aws:s3/bucket:Bucket", open), undefined);
    throws(() => mended("urn:node", "appmesh:index:VirtualNode", {}), { message: "it is about mesh" });

    const service = (urn: string, virtualServiceName: string) => ({
      urn,
      type: "appmesh:index:VirtualService",
      props: { meshName: "shop", virtualServiceName, spec: {} },
    });
    const resources = [
      { urn: "urn:mesh", type: meshType, props: open },
      ...[service("urn:lab", "a"), service("urn:b", "b")],
    ];
    const found: unknown[] = [];
    const judge = (policy: unknown, all: readonly object[]) =>
      (policy as StackValidationPolicy).validateStack(
        { ...common, resources: all } as never,
        ((text: string, urn?: string) => found.push([urn, text])) as never,
      );
    judge(used, resources);
    throws(() => judge(used, []), { message: "the stack declares nothing of a mesh" });
    deepEqual(found, [
      [
        "urn:b",
        "nobody calls b: it is the backend of no virtual node and the target of no gateway route; add it to the backends of its callers, or delete it.",
      ],
    ]);
    found.length = 0;
    deepEqual([report?.enforcementLevel, report?.severity], ["advisory", "low"]);
    judge(report, resources);
    deepEqual(found, [
      [undefined, "2 findings are exempt from egress-drop-all, services-used of urn:lab (the lab calls all)"],
    ]);
  });
});
