import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { HttpGatewayRouteRewrite } from "@pulumi-appmesh/model";
import { behindGateway, edge, httpTo } from "../envoy/gateways.js";
import { nodeAt, Started } from "../envoy/mesh.js";
import { callAt, type Echo } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { walkThrough } from "../support/walkthrough.js";

const text = readFileSync(fileURLToPath(new URL("../../../docs/gateways.md", import.meta.url)), "utf8");

describe("docs/gateways.md", function () {
  this.timeout(180_000);
  const started = new Started();
  afterEach(() => started.end());

  it("tells commands that work", async () => {
    const [, script = assert.fail("no commands")] = /<!-- run -->\n```sh\n([\s\S]*?)```/.exec(text) ?? [];
    const { code, stdout, stderr } = await walkThrough(script);
    assert.equal(code, 0, stderr.slice(-3_000));
    assert.match(stdout, /"gatewayRouteName": "files"/);
    assert.match(stdout, /<h1>Directory listing for \/<\/h1>/);
  });

  it("tells what becomes of a request", async () => {
    const [app, address] = [await started.server("shop"), await loopbackAddress(8088)];
    const told = (rewrite?: HttpGatewayRouteRewrite) => {
      const route = httpTo("shop.local", { prefix: "/chapter" }, rewrite ? { rewrite } : {});
      return edge(behindGateway({ shop: nodeAt(app.port) }, { route }), address);
    };
    const proxy = await started.envoy(told());
    for (const [rewrite, becomes] of rows()) {
      await proxy.apply(told(rewrite));
      const answer = await callAt(`${address}:8088`, "/chapter/page", {
        headers: { host: "www.example.com" },
      });
      const { method, url, headers } = JSON.parse(answer.body) as Echo;
      assert.equal(`${method} ${headers.host}${url}`, becomes, JSON.stringify(rewrite));
    }
  });
});

/** The rewrites of the table, and what it says of each. */
function rows(): readonly (readonly [HttpGatewayRouteRewrite | undefined, string])[] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith("| rewrite |"));
  const table = lines.slice(start + 2, lines.indexOf("", start));
  assert.equal(table.length, 5);
  return table.map((line) => {
    const [, what = "", becomes = ""] = /^\| (.*) \| `(.*)` \|$/.exec(line) ?? [];
    if (!what.startsWith("`")) return [undefined, becomes];
    const json = what.slice(1, -1).replaceAll(/[\w/]+/g, '"$&"');
    return [JSON.parse(`{${json}}`), becomes];
  });
}
