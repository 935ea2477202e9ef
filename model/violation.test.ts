import assert from "node:assert/strict";
import { formatPath, formatViolation, type Path } from "./violation.js";

describe("formatPath", () => {
  const cases: [Path, string][] = [
    [[], ""],
    [["spec"], "spec"],
    [["spec", "listeners", 0, "portMapping", "port"], "spec.listeners[0].portMapping.port"],
    [[2, "key"], "[2].key"],
    [["spec", "a.b", "c"], 'spec["a.b"].c'],
    [["spec", ""], 'spec[""]'],
    [["spec", "1st"], 'spec["1st"]'],
    [["spec", 'say "hi"\n'], 'spec["say \\"hi\\"\\n"]'],
    [["spec", "__proto__"], "spec.__proto__"],
  ];
  for (const [path, text] of cases) {
    it(text === "" ? "of the whole value is empty" : text, () => assert.equal(formatPath(path), text));
  }
});

describe("formatViolation", () => {
  const message = "70000 was given; an integer from 1 to 65535 is allowed.";

  it("puts the path before the sentence", () => {
    assert.equal(
      formatViolation({ path: ["spec", "listeners", 0, "portMapping", "port"], given: 70000, message }),
      "spec.listeners[0].portMapping.port: 70000 was given; an integer from 1 to 65535 is allowed.",
    );
  });

  it("is the sentence alone for the whole value", () => {
    assert.equal(formatViolation({ path: [], given: 70000, message }), message);
  });
});
