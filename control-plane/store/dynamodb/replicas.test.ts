import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { Calls } from "./calls.js";
import { readNotice } from "./notice.js";
import { Replicas } from "./replicas.js";

const key = Buffer.alloc(32, 7);

describe("Replicas that share a table", () => {
  /** A table with these replicas in it. */
  const table = (items: readonly object[], keyInTable = key.toString("base64")): Calls => {
    const client = {
      updateItem: async () => ({ Attributes: { key: { S: keyInTable } } }),
      deleteItem: async () => ({}),
      query: async () => ({ Items: items }),
    };
    const send = (request: (client: object, options: object) => unknown) => request(client, {});
    return { table: "meshes", send, read: send } as unknown as Calls;
  };
  const replica = (id: string, address: object, port: object) => ({
    ...{ pk: { S: "replica" }, sk: { S: id }, beat: { N: "1" } },
    ...{ address, port },
  });
  const join = (calls: Calls) => Replicas.join(calls, { address: "127.0.0.1", port: 0, onNotice: () => {} });

  it("are told of changes, beside those of which the table does not say where they are", async () => {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    const { port } = socket.address();
    const good = replica("good", { S: "127.0.0.1" }, { N: String(port) });
    const replicas = await join(
      table([
        replica("without port", { S: "127.0.0.1" }, {}),
        replica("of no port", { S: "127.0.0.1" }, { N: "70000" }),
        replica("of half a port", { S: "127.0.0.1" }, { N: "80.5" }),
        replica("by a name", { S: "replica.of.a.later.release" }, { N: "80" }),
        replica("in another form", { M: {} }, { N: "80" }),
        good,
      ]),
    );
    try {
      assert.equal(replicas.peers, 1);
      const heard = once(socket, "message");
      replicas.tell(42);
      const [notice] = await heard;
      assert.equal(readNotice(notice, key), 42);
    } finally {
      await replicas.close();
      socket.close();
    }
  });

  it("tell and believe nobody by a key that is damaged", async () => {
    const replicas = await join(table([replica("other", { S: "127.0.0.1" }, { N: "9" })], ""));
    try {
      assert.equal(replicas.peers, 0);
      replicas.tell(1);
    } finally {
      await replicas.close();
    }
  });
});
