// What a user forces upon an update: its end by Ctrl-C or a time limit while something is being made, and a replacement
// without a change.
import assert from "node:assert/strict";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { nodeSpec } from "./programs.js";
import { TestStack } from "./stack.js";

/** Far less than the provider's patience, and enough for an engine to pass a Ctrl-C on. */
const BEHIND_CTRL_C = 1_000;

describe("what a user forces upon an update", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  before(async () => {
    controlPlane = await startControlPlane();
  });
  after(() => controlPlane.stop());

  const program =
    (options: object = {}) =>
    async () => {
      const { meshName } = new appmesh.Mesh("shop", { meshName: "shop" });
      const spec = nodeSpec("v1.internal");
      new appmesh.VirtualNode("v1", { meshName, virtualNodeName: "v1", spec }, options);
    };
  const ids = async (stack: TestStack) => (await stack.resources()).map(({ id }) => id).sort();

  it("ends on Ctrl-C with what was being made in the state, and goes on from there", async () => {
    const user = new AbortController();
    const slow = await relay(controlPlane.api, async () => {
      if (user.signal.aborted) return;
      user.abort();
      await new Promise((resolve) => setTimeout(resolve, BEHIND_CTRL_C));
    });
    try {
      const { port } = slow.address() as AddressInfo;
      const stack = await TestStack.create({ APPMESH_ENDPOINT: `http://127.0.0.1:${port}` });
      const ended = await stack.up(program(), { signal: user.signal });
      assert.notEqual(ended.failure, undefined);
      assert.deepEqual(
        ended.steps.map(({ op, name }) => `${op} ${name}`),
        ["create shop"],
      );
      assert.deepEqual(await ids(stack), ["shop"]);

      const up = await stack.up(program());
      assert.deepEqual([up.failure, up.messages], [undefined, []]);
      assert.deepEqual(
        up.steps.map(({ op, name }) => `${op} ${name}`),
        ["create v1"],
      );
      assert.equal((await stack.destroy()).failure, undefined);
    } finally {
      slow.close();
    }
  });

  it("does not lose what is being made when its custom timeout is over", async () => {
    let isLate = false;
    const slow = await relay(controlPlane.api, async (path) => {
      if (isLate || !path.endsWith("/virtualNodes")) return;
      isLate = true;
      await new Promise((resolve) => setTimeout(resolve, 1_500));
    });
    try {
      const { port } = slow.address() as AddressInfo;
      const stack = await TestStack.create({ APPMESH_ENDPOINT: `http://127.0.0.1:${port}` });
      const up = await stack.up(program({ customTimeouts: { create: "1s" } }));
      assert.deepEqual([isLate, up.failure, up.messages], [true, undefined, []]);
      assert.deepEqual(await ids(stack), ["shop", "shop/v1"]);
      assert.equal((await stack.destroy()).failure, undefined);
    } finally {
      slow.close();
    }
  });

  it("replaces what has a fixed name only once the old one may go first, and says so", async () => {
    const stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
    assert.equal((await stack.up(program())).failure, undefined);
    const resources = await stack.resources();
    const replace = resources.filter(({ id }) => id === "shop/v1").map(({ urn }) => urn);
    const refused = await stack.up(program(), { replace });
    assert.deepEqual(refused.messages, [
      'virtual node "v1" of mesh "shop" exists already. Import it (pulumi import appmesh:index:VirtualNode NAME shop/v1), or choose another name. ' +
        "Where this program made it as another resource, under another name or parent, say so by the option aliases. " +
        "Where it is to be replaced (--replace, replacementTrigger), give it the option deleteBeforeReplace. " +
        "(ConflictException: VirtualNode with name v1 already exists: arn:aws:appmesh:us-east-1:000000000000:mesh/shop/virtualNode/v1. " +
        "Update it, delete it first, or take another name)",
    ]);
    const replaced = await stack.up(program({ deleteBeforeReplace: true }), { replace });
    assert.deepEqual([replaced.failure, replaced.messages], [undefined, []]);
    assert.deepEqual(
      replaced.steps.map(({ op, name }) => `${op} ${name}`),
      ["delete-replaced v1", "replace v1", "create-replacement v1"],
    );
    assert.equal((await stack.destroy()).failure, undefined);
  });
});

/** Passes everything on, and the answers to changes only after that. */
async function relay(to: string, beforeAnswer: (path: string) => Promise<void>): Promise<Server> {
  const server = createServer(async (asked, answer) => {
    const { method, headers } = asked;
    const passed = request(new URL(asked.url ?? "", to), { method: String(method), headers });
    passed.end(await buffer(asked));
    passed.on("response", async (response) => {
      const body = await buffer(response);
      if (method !== "GET") await beforeAnswer(asked.url ?? "");
      answer.writeHead(response.statusCode ?? 0, response.headers).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
