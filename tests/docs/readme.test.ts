import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { walkThrough } from "../support/walkthrough.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

/** The text of the code blocks that follow a comment. */
function blocks(comment: RegExp): { name: string; code: string }[] {
  const marked = new RegExp(`<!-- ${comment.source} -->\\n\`\`\`\\w+\\n([^]*?)\`\`\``, "g");
  return [...readme.matchAll(marked)].map((match) => ({ name: match[1] ?? "", code: match.at(-1) ?? "" }));
}

describe("README.md", function () {
  this.timeout(180_000);

  it("quotes programs as they are", () => {
    const quoted = blocks(/excerpt of (\S+)/);
    assert.deepEqual(
      quoted.map(({ name }) => name),
      ["examples/shop/program.ts"],
    );
    for (const { name, code } of quoted) {
      assert.ok(
        readFileSync(join(root, name), "utf8").includes(code),
        `README.md quotes ${name} otherwise than it is`,
      );
    }
  });

  it("tells commands that work", async () => {
    const [walkthrough, ...others] = blocks(/(run)/);
    assert.deepEqual(others, []);
    const { code, stdout, stderr } = await walkThrough(walkthrough?.code ?? "");
    assert.equal(code, 0, stderr.slice(-3_000));
    assert.match(stdout, /"meshName": "hello"/);
    assert.match(stdout, /<h1>Directory listing for \/<\/h1>/);
  });
});
