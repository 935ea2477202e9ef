import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { walkThrough } from "../support/walkthrough.js";

const text = readFileSync(fileURLToPath(new URL("../../../docs/tls.md", import.meta.url)), "utf8");

describe("docs/tls.md", function () {
  this.timeout(180_000);

  it("tells commands that work", async () => {
    const [, script = assert.fail("no commands")] = /<!-- run -->\n```sh\n([\s\S]*?)```/.exec(text) ?? [];
    const { code, stdout, stderr } = await walkThrough(script);
    assert.equal(code, 0, stderr.slice(-3_000));
    assert.match(stdout, /<h1>Directory listing for \/<\/h1>/);
    assert.match(stdout, /^refused: \d+$/m);
    assert.match(stdout, /^subject=.*\bsecond$/m);
  });
});
