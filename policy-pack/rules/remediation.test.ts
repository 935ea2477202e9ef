// The one safe change that mends a finding, in resources as Pulumi hands them to remediations.
import { deepEqual } from "node:assert/strict";
import { judgeSubject } from "../judge.js";
import { remediate } from "../pulumi/remediate.js";
import { subjectsOf } from "../pulumi/subjects.js";
import { asSecret } from "../pulumi/values.js";
import type { SubjectRule } from "../rule.js";
import { egressDropAll } from "./egress/egress-drop-all.js";
import { accessLog } from "./observability/access-log.js";
import { tlsClientEnforced } from "./tls/tls-client-enforced.js";
import { tlsGatewayStrict } from "./tls/tls-gateway-strict.js";
import { tlsListenerStrict } from "./tls/tls-listener-strict.js";

/** The spec after the remediation; undefined where there is no safe change. */
function mended(rule: SubjectRule, kind: string, spec: object, type = `appmesh:index:${kind}`): unknown {
  const props = structuredClone({ meshName: "shop", name: "web", spec });
  const subjects = subjectsOf({ type, props });
  const findings = subjects.flatMap((subject) => judgeSubject(rule, subject, {})?.findings ?? []);
  return (remediate(props, findings) as typeof props | undefined)?.spec;
}

describe("remediations", () => {
  it("of the egress filter drop what goes to nobody's address", () => {
    const spec = { egressFilter: { type: "ALLOW_ALL" } };
    deepEqual(mended(egressDropAll, "Mesh", spec), { egressFilter: { type: "DROP_ALL" } });
    deepEqual(mended(egressDropAll, "Mesh", {}), undefined);
  });

  it("of a missing access log write to where the platform collects", () => {
    const logging = { accessLog: { file: { path: "/dev/stdout" } } };
    deepEqual(mended(accessLog, "VirtualNode", { backends: [] }), { backends: [], logging });
    deepEqual(mended(accessLog, "VirtualGateway", { logging: {} }), { logging });
    deepEqual(mended(accessLog, "VirtualNode", {}, "aws:appmesh/virtualNode:VirtualNode"), { logging });
  });

  it("of listeners make PERMISSIVE STRICT, and leave alone what has no certificate that was tried", () => {
    const listener = (mode: string, port: number) => ({
      portMapping: { port, protocol: "http" },
      tls: { mode },
    });
    for (const [rule, kind] of [
      [tlsListenerStrict, "VirtualNode"],
      [tlsGatewayStrict, "VirtualGateway"],
    ] as const) {
      deepEqual(
        mended(rule as SubjectRule, kind, {
          listeners: [listener("DISABLED", 1), listener("PERMISSIVE", 2)],
        }),
        { listeners: [listener("DISABLED", 1), listener("STRICT", 2)] },
      );
      deepEqual(mended(rule as SubjectRule, kind, { listeners: [listener("DISABLED", 1)] }), undefined);
      deepEqual(
        mended(rule as SubjectRule, kind, { listeners: [{ portMapping: { port: 1, protocol: "http" } }] }),
        undefined,
      );
    }
  });

  it("of client policies enforce them, those of backends and the defaults", () => {
    const policy = (enforce: boolean) => ({ clientPolicy: { tls: { enforce, validation: { trust: {} } } } });
    const backend = (enforce: boolean) => ({
      virtualService: { virtualServiceName: "a", ...policy(enforce) },
    });
    const plain = { virtualService: { virtualServiceName: "b" } };
    const spec = (enforce: boolean) => ({
      backends: [backend(enforce), plain],
      backendDefaults: policy(enforce),
    });
    deepEqual(mended(tlsClientEnforced, "VirtualNode", spec(false)), spec(true));
    deepEqual(mended(tlsClientEnforced, "VirtualNode", spec(true)), undefined);
    const ports = { tls: { ports: [443], validation: { trust: {} } } };
    deepEqual(
      mended(tlsClientEnforced, "VirtualGateway", {
        listeners: [],
        backendDefaults: { clientPolicy: ports },
      }),
      undefined,
    );
  });

  it("change what is within a secret, which stays one", () => {
    const props = { spec: asSecret({ egressFilter: asSecret({ type: "ALLOW_ALL" }) }) };
    const [mesh] = subjectsOf({ type: "appmesh:index:Mesh", props });
    const findings = mesh ? (judgeSubject(egressDropAll, mesh, {})?.findings ?? []) : [];
    deepEqual(remediate(props, findings), {
      spec: asSecret({ egressFilter: asSecret({ type: "DROP_ALL" }) }),
    });
  });
});
