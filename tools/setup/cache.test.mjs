import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const module = new URL("./cache.mjs", import.meta.url).href;

describe("the cache of slow tools", () => {
  let home;
  let cache;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "cache-test-"));
    cache = join(home, "pulumi-appmesh");
  });
  afterEach(() => rmSync(home, { recursive: true }));

  /** A set-up in a process of its own, which makes the tool "thing-1". */
  const setUp = (make) =>
    promisify(execFile)(
      process.execPath,
      [
        "--input-type=module",
        "--eval",
        `import { appendFileSync, writeFileSync } from "node:fs";
         import { setTimeout as sleep } from "node:timers/promises";
         import { makeOnce } from ${JSON.stringify(module)};
         console.log(await makeOnce("thing-1", async (folder) => { ${make} }));`,
      ],
      { env: { ...process.env, XDG_CACHE_HOME: home } },
    );

  it("makes a tool once, however many set-ups want it at the same time", async () => {
    const made = join(home, "made");
    const make = `appendFileSync(${JSON.stringify(made)}, "x");
      writeFileSync(folder + "/first", "1"); await sleep(1500); writeFileSync(folder + "/second", "2");`;
    const outputs = await Promise.all([setUp(make), setUp(make), setUp(make)]);
    assert.deepEqual(
      outputs.map(({ stdout }) => stdout),
      Array(3).fill(`${join(cache, "thing-1")}\n`),
    );
    assert.equal(readFileSync(made, "utf8"), "x");
    assert.deepEqual(readdirSync(cache), ["thing-1"]);
    assert.deepEqual(readdirSync(join(cache, "thing-1")), ["first", "second"]);
  });

  it("leaves nothing of a tool whose making failed, and makes it the next time", async () => {
    await assert.rejects(
      setUp(`writeFileSync(folder + "/half", ""); throw new Error("no network");`),
      /no network/,
    );
    assert.deepEqual(readdirSync(cache), []);
    await setUp(`writeFileSync(folder + "/whole", "");`);
    assert.deepEqual(readdirSync(join(cache, "thing-1")), ["whole"]);
  });

  it("takes over from a set-up that died", async () => {
    mkdirSync(cache);
    const lock = join(cache, "thing-1.lock");
    writeFileSync(lock, "1");
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(lock, longAgo, longAgo);
    await setUp(`writeFileSync(folder + "/whole", "");`);
    assert.deepEqual(readdirSync(cache), ["thing-1"]);
  });
});
