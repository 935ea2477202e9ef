import { deepEqual } from "node:assert/strict";
import { subjectsOf } from "../pulumi/subjects.js";
import { complies, entity, judged, unknownObject, unknownText } from "../testing/judged.js";
import { egressDropAll } from "./egress/egress-drop-all.js";
import { namePattern } from "./naming/name-pattern.js";
import { requiredTags } from "./naming/required-tags.js";
import { accessLog } from "./observability/access-log.js";

const mesh = (spec: object) => entity("mesh", "shop", spec);

describe("egress-drop-all", () => {
  it("finds ALLOW_ALL, and nothing else", () => {
    deepEqual(judged(egressDropAll, mesh({})), complies);
    deepEqual(judged(egressDropAll, mesh({ egressFilter: { type: "DROP_ALL" } })), complies);
    deepEqual(judged(egressDropAll, mesh({ egressFilter: { type: "ALLOW_ALL" } })), {
      findings: ["spec.egressFilter.type: ALLOW_ALL lets traffic out to any address; set it to DROP_ALL."],
    });
    deepEqual(judged(egressDropAll, mesh({ egressFilter: { type: unknownText } })), {
      open: ["spec.egressFilter.type"],
    });
  });
});

describe("access-log", () => {
  it("finds nodes and gateways without one", () => {
    const logging = { accessLog: { file: { path: "/dev/stdout" } } };
    for (const kind of ["virtualNode", "virtualGateway"] as const) {
      deepEqual(judged(accessLog, entity(kind, "shop/web", { logging })), complies);
      for (const spec of [{}, { logging: {} }, { logging: { accessLog: {} } }]) {
        deepEqual(judged(accessLog, entity(kind, "shop/web", spec)), {
          findings: ["spec.logging.accessLog: there is no access log; set file.path to /dev/stdout."],
        });
      }
      deepEqual(judged(accessLog, entity(kind, "shop/web", { logging: unknownObject })), {
        open: ["spec.logging"],
      });
    }
  });
});

describe("name-pattern", () => {
  it("finds names that do not match", () => {
    deepEqual(judged(namePattern, entity("virtualNode", "shop/catalog-v1", {})), complies);
    deepEqual(judged(namePattern, entity("virtualNode", "shop/Catalog", {})), {
      findings: ["the name of virtual node Catalog does not match ^[a-z][a-z0-9-]*$; give it another name."],
    });
    deepEqual(judged(namePattern, mesh({}), { pattern: "^\\p{Ll}+$" }), complies);
    deepEqual(judged(namePattern, mesh({}), { pattern: "^prod-" }), {
      findings: ["the name of mesh shop does not match ^prod-; give it another name."],
    });
    deepEqual(judged(namePattern, entity("virtualRouter", `shop/${unknownText}`, {})), {
      open: ["virtualRouterName"],
    });
  });
});

describe("required-tags", () => {
  const tagged = (tags?: object) => entity("virtualService", "shop/s", {}, tags && { tags });

  it("finds what is missing", () => {
    deepEqual(judged(requiredTags, tagged()), { notApplicable: "no tag is asked for" });
    deepEqual(judged(requiredTags, tagged({ owner: "a", cost: "b" }), { tags: ["owner", "cost"] }), complies);
    deepEqual(judged(requiredTags, tagged({ cost: "b" }), { tags: ["owner", "cost"] }), {
      findings: ["the tag owner is missing; give it."],
    });
    deepEqual(judged(requiredTags, tagged(), { tags: ["owner", "cost"] }), {
      findings: ["the tags owner, cost are missing; give them."],
    });
    deepEqual(judged(requiredTags, tagged(unknownObject as never), { tags: ["owner"] }), { open: ["tags"] });
    const [object] = subjectsOf({
      type: "kubernetes:appmesh.k8s.aws/v1beta2:Mesh",
      props: { apiVersion: "appmesh.k8s.aws/v1beta2", kind: "Mesh", metadata: { name: "shop" }, spec: {} },
    });
    deepEqual(object && judged(requiredTags, object, { tags: ["owner"] }), {
      notApplicable: "a Kubernetes object has no tags",
    });
  });
});
