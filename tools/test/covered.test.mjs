import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../setup/clone.mjs";
import { sumOf } from "./covered.mjs";

const shipped = join(root, "model/dist/shape.js");

describe("what V8 writes of the processes of the tests", () => {
  let place;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), "appmesh-test-"));
  });
  afterEach(() => rmSync(place, { recursive: true }));

  it("is added up over processes, and cut down to what ships", () => {
    const program = `await import(${JSON.stringify(pathToFileURL(shipped).href)}); await import("mocha")`;
    for (let time = 0; time < 2; time++) {
      execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
        env: { ...process.env, NODE_V8_COVERAGE: place },
      });
    }
    const { result } = sumOf(place);
    const urls = result.map(({ url }) => url);
    assert.ok(urls.includes(pathToFileURL(shipped).href), urls.join("\n"));
    const rooms = pathToFileURL(root).href;
    assert.deepEqual(
      urls.filter((url) => !url.startsWith(`${rooms}/model/dist/`)),
      [],
    );
    // The module's own body ran once in each of the two.
    assert.equal(
      result.find(({ url }) => url === pathToFileURL(shipped).href).functions[0].ranges[0].count,
      2,
    );
    assert.deepEqual(readdirSync(place), []);
  });

  it("waits where a process is still writing it", () => {
    const half = join(place, "coverage-1.json");
    writeFileSync(half, '{"result":[{"scr');
    assert.equal(sumOf(place), undefined);
    assert.equal(readFileSync(half, "utf8"), '{"result":[{"scr');
  });

  it("is nothing where no process has written", () => {
    assert.equal(sumOf(place), undefined);
    assert.equal(sumOf(join(place, "none")), undefined);
  });
});
