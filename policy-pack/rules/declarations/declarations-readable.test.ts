import { deepEqual } from "node:assert/strict";
import { subjectsOf } from "../../pulumi/subjects.js";
import type { SubjectRule } from "../../rule.js";
import { judged, type Said, unknownText } from "../../testing/judged.js";
import { rules } from "../index.js";
import { declarationsReadable } from "./declarations-readable.js";

const said = (type: string, props: object): (Said | undefined)[] =>
  subjectsOf({ type, props }).map((subject) => judged(declarationsReadable, subject));
const object = (version: string) => ({
  apiVersion: `appmesh.k8s.aws/${version}`,
  kind: "VirtualNode",
  metadata: { name: "web" },
  spec: {},
});
const node = "kubernetes:appmesh.k8s.aws/v1beta1:VirtualNode";

describe("declarations-readable", () => {
  it("finds objects of versions that it does not know, which no other rule is about", () => {
    deepEqual(said(node, object("v1beta1")), [
      {
        findings: [
          "version appmesh.k8s.aws/v1beta1 cannot be read, so that no other rule judges it; declare it in appmesh.k8s.aws/v1beta2.",
        ],
      },
    ]);
    const [subject] = subjectsOf({ type: node, props: object("v1beta1") });
    const others = rules.filter((rule) => "kinds" in rule && rule !== declarationsReadable) as SubjectRule[];
    deepEqual(
      others.filter(({ kinds }) => kinds.some((kind) => kind === subject?.kind)),
      [],
    );
  });

  it("is not about what is read", () => {
    deepEqual(said(node, object("v1beta2")), [undefined]);
    deepEqual(said("appmesh:index:Mesh", { meshName: "shop" }), [undefined]);
  });

  it("waits for task definitions whose containers are not known", () => {
    const type = "aws:ecs/taskDefinition:TaskDefinition";
    deepEqual(said(type, { containerDefinitions: unknownText }), [{ open: ["containerDefinitions"] }]);
    deepEqual(said(type, { containerDefinitions: "[]" }), []);
  });
});
