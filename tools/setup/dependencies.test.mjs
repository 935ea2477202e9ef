import assert from "node:assert/strict";
import { missing } from "./dependencies.mjs";

describe("the check of installed npm packages", () => {
  const fastify = { version: "5.12.8", integrity: "sha512-a" };
  const installed = { "node_modules/fastify": fastify };

  it("wants every package of the lock file, of its version and content", () => {
    assert.deepEqual(missing({ "node_modules/fastify": fastify }, installed), []);
    assert.deepEqual(missing({ "node_modules/pino": { version: "10.4.0" } }, installed), [
      "node_modules/pino",
    ]);
    assert.deepEqual(missing({ "node_modules/fastify": { ...fastify, version: "5.12.9" } }, installed), [
      "node_modules/fastify",
    ]);
    assert.deepEqual(missing({ "node_modules/fastify": { ...fastify, integrity: "sha512-b" } }, installed), [
      "node_modules/fastify",
    ]);
  });

  it("wants a workspace's own packages too, but not the workspace itself", () => {
    const locked = { "": {}, provider: {}, "provider/node_modules/pino": { version: "9.0.0" } };
    assert.deepEqual(missing(locked, installed), ["provider/node_modules/pino"]);
  });

  it("does without what is for other platforms", () => {
    assert.deepEqual(
      missing({ "node_modules/biome-win32": { version: "2.6.8", optional: true } }, installed),
      [],
    );
  });
});
