// examples/canary-yaml against the provider's schema: it is not run.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { root } from "./examples.js";
import { mistakes } from "./yaml-program.js";

const text = readFileSync(join(root, "examples/canary-yaml/Pulumi.yaml"), "utf8");

/** A reference, as Pulumi YAML writes it. */
const ref = (to: string) => `$\{${to}}`;
describe("the canary program in YAML, not run", () => {
  it("says what the schema allows: every type, property, value and reference", () => {
    const program = parse(text);
    assert.deepEqual(Object.keys(program.resources), ["shop", "catalog"]);
    assert.deepEqual(mistakes(program), []);
  });

  it("is found out when it says something else", () => {
    const changes: [string, string][] = [
      ["appmesh:index:Mesh\n", "appmesh:index:Maze\n"],
      [`meshName: ${ref("shop.meshName")}`, `meshName: ${ref("shop.title")}`],
      ["virtualServiceName: catalog.shop.local", "virtualService: catalog.shop.local"],
      ["protocol: http", "protocol: spdy"],
      [`weight: ${ref("stableWeight")}`, "weight: much"],
      ["virtualNodeName: ", "nodeName: "],
      [`weight: ${ref("canaryWeight")}`, `weight: ${ref("catalog.routeName")}`],
    ];
    let wrong = text;
    for (const [from, to] of changes) {
      assert.ok(wrong.includes(from), from);
      wrong = wrong.replace(from, () => to);
    }
    assert.deepEqual(mistakes(parse(wrong)), [
      "shop: no resource appmesh:index:Maze",
      "catalog: virtualServiceName is missing",
      "catalog.meshName: nothing is called shop.title",
      "catalog.virtualService: no such property",
      'catalog.listener.portMapping.protocol: "spdy", expected http, tcp, http2, grpc',
      'catalog.versions.v1.weight: "much", expected integer',
      "catalog.versions.v2.weight: catalog.routeName is of type string, expected integer",
      "canaryNode: virtualNodeName is missing",
      "canaryNode.meshName: nothing is called shop.meshName",
      "canaryNode.nodeName: no such property",
    ]);
  });
});
