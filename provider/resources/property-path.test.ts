import assert from "node:assert/strict";
import type { Path } from "@pulumi-appmesh/model";
import fc from "fast-check";
import { formatPropertyPath, isAtOrBelow, parsePropertyPath } from "./property-path.js";

describe("property paths", () => {
  const examples: [string, Path][] = [
    ["spec", ["spec"]],
    ["spec.listeners[0].portMapping.port", ["spec", "listeners", 0, "portMapping", "port"]],
    ['tags["app.kubernetes.io/name"]', ["tags", "app.kubernetes.io/name"]],
    ['tags["say \\"hi\\""]', ["tags", 'say "hi"']],
    ['tags["0"]', ["tags", "0"]],
    ['tags[""]', ["tags", ""]],
  ];
  for (const [text, path] of examples) {
    it(`writes and reads ${text}`, () => {
      assert.equal(formatPropertyPath(path), text);
      assert.deepEqual(parsePropertyPath(text), path);
    });
  }

  it("reads whatever it has written", () => {
    const step = fc.oneof(fc.nat(), fc.string(), fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(fc.tuple(fc.constantFrom("spec", "tags"), fc.array(step)), ([first, rest]) => {
        const path = [first, ...rest];
        assert.deepEqual(parsePropertyPath(formatPropertyPath(path)), path);
      }),
    );
  });

  it("knows what is at or below a pattern", () => {
    const path = parsePropertyPath("spec.listeners[1].portMapping.port");
    const at = (pattern: string) => isAtOrBelow(path, parsePropertyPath(pattern));
    assert.deepEqual(["spec", "spec.listeners[1]", "spec.listeners[*].portMapping", "spec.*", "*"].map(at), [
      true,
      true,
      true,
      true,
      true,
    ]);
    assert.deepEqual(
      ["spec.listeners[0]", "tags", "spec.listeners[1].portMapping.port.deeper", "listeners"].map(at),
      [false, false, false, false],
    );
  });
});
