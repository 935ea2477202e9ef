import { deepEqual } from "node:assert/strict";
import { inFinding } from "./invalid.js";

describe("what is wrong with a spec", () => {
  it("is told with the way out of it, where the model says one", () => {
    const told = (message: string) => Object.values(inFinding({ message, path: [], given: undefined }));
    deepEqual(told('"x" was given; a.b or c is allowed.'), [
      '"x" was given; a.b or c is allowed',
      "correct it",
    ]);
    deepEqual(told('"a. B" was given; c is allowed. Did you mean C.d?'), [
      '"a. B" was given; c is allowed. Did you mean C.d?',
      "correct it",
    ]);
    deepEqual(told("It is not one; a is. Did you mean Tls?"), ["It is not one; a is", "write Tls"]);
    deepEqual(told("first.\nIt is needed. Give it, or leave out the TLS."), [
      "first.\nIt is needed",
      "give it, or leave out the TLS",
    ]);
  });
});
