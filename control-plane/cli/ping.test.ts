import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pingCommand } from "./ping.js";

describe("appmesh ping", () => {
  const servers: Server[] = [];
  afterEach(() => {
    process.exitCode = 0;
    for (const server of servers.splice(0)) server.close();
  });

  /** A control plane that answers so, one after the other, and what it was asked for. */
  async function answering(...answers: readonly [number, object][]) {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization === undefined ? "unsigned" : "signed"}`);
      const [status, body] = answers[Math.min(asked.length, answers.length) - 1] ?? [500, {}];
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    servers.push(server);
    await once(server.listen(0, "127.0.0.1"), "listening");
    return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
  }

  async function ping(endpoint: string, key: boolean, ...args: readonly string[]) {
    const said: string[] = [];
    const { stdout, stderr, env } = process;
    const before = [
      stdout.write,
      stderr.write,
      env.APPMESH_ACCESS_KEY_ID,
      env.APPMESH_SECRET_ACCESS_KEY,
    ] as const;
    const hear = (text: string | Uint8Array) => said.push(String(text)) > 0;
    [stdout.write, stderr.write] = [hear, hear];
    env.APPMESH_ACCESS_KEY_ID = key ? "AKID" : "";
    env.APPMESH_SECRET_ACCESS_KEY = key ? "secret" : "";
    try {
      await pingCommand().parseAsync(["--endpoint", endpoint, ...args], { from: "user" });
    } finally {
      [stdout.write, stderr.write] = [before[0], before[1]];
      for (const [index, name] of ["APPMESH_ACCESS_KEY_ID", "APPMESH_SECRET_ACCESS_KEY"].entries()) {
        const value = before[index + 2] as string | undefined;
        if (value === undefined) delete env[name];
        else env[name] = value;
      }
    }
    const { exitCode = 0 } = process;
    process.exitCode = 0;
    return { said: said.join(""), exitCode };
  }

  it("asks whether it is there, and whether it knows the key", async () => {
    const { endpoint, asked } = await answering([200, {}]);
    assert.deepEqual(await ping(endpoint, false), { said: `${endpoint} answers\n`, exitCode: 0 });
    assert.deepEqual(await ping(endpoint, true), {
      said: `${endpoint} answers, and knows the access key AKID\n`,
      exitCode: 0,
    });
    assert.deepEqual(asked, ["/healthz unsigned", "/healthz unsigned", "/v20190125/meshes?limit=1 signed"]);
  });

  it("says what is wrong, after it has waited for it to become right", async () => {
    const refusing = await answering([200, {}], [403, { message: "The security token is invalid." }]);
    assert.deepEqual(await ping(refusing.endpoint, true), {
      said: "appmesh ping: The security token is invalid.\n",
      exitCode: 1,
    });
    const later = await answering([503, { message: "not yet" }], [200, {}]);
    assert.deepEqual(await ping(later.endpoint, false, "--wait", "1m"), {
      said: `${later.endpoint} answers\n`,
      exitCode: 0,
    });
    assert.equal(later.asked.length, 2);
  });
});
