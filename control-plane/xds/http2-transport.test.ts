import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { Http2Transport } from "./http2-transport.js";
import { type Address, type Connection, type Protocol, StatusCode } from "./transport.js";

/** What begins every HTTP/2 connection, with empty settings. */
const preface = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);
const path = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";

describe("the HTTP/2 transport", () => {
  let transport: Http2Transport;
  let address: Address;
  const sockets = new Set<Socket>();

  async function listen(
    accept: (protocol: Protocol, connection: Connection) => void = () => {},
  ): Promise<void> {
    address = await transport.listen("127.0.0.1", 0, (protocol, connection) => {
      accept(protocol, connection);
      return { received() {}, drained() {}, closed() {} };
    });
  }
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await transport.close(0);
  });
  async function open(): Promise<Socket> {
    const socket = connect(address.port, address.host).on("error", () => {});
    sockets.add(socket);
    await once(socket, "connect");
    return socket;
  }

  it("cuts off a client that gives no sign of life", async () => {
    transport = new Http2Transport({ keepalive: { idleMillis: 20, answerMillis: 20 } });
    await listen();
    const socket = await open();
    socket.write(preface);
    await once(socket.resume(), "close");
  });

  it("cuts it off also while the machine's clock is set back", async () => {
    const { now } = Date;
    transport = new Http2Transport({ keepalive: { idleMillis: 20, answerMillis: 20 } });
    await listen();
    const socket = await open();
    try {
      Date.now = () => now() - 3_600_000;
      socket.write(preface);
      await once(socket.resume(), "close");
    } finally {
      Date.now = now;
    }
  });

  it("keeps a client that does", async () => {
    // Its answers take a moment on a busy machine, too.
    transport = new Http2Transport({ keepalive: { idleMillis: 1, answerMillis: 150 } });
    await listen();
    const session = connectHttp2(`http://${address.host}:${address.port}`);
    let pings = 0;
    await new Promise<void>((resolve, reject) => {
      session.on("ping", () => {
        if (++pings === 5) resolve();
      });
      session.on("close", () => reject(new Error(`cut off after ${pings} signs of life`)));
    });
    session.destroy();
  });

  it("ends a stream with its status, and the connection with its last stream", async () => {
    transport = new Http2Transport();
    await listen((_, connection) => {
      setImmediate(() => connection.end(StatusCode.permissionDenied, "50 % of “no”\n"));
    });
    const session = connectHttp2(`http://${address.host}:${address.port}`);
    const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc" });
    const closed = once(session, "close");
    const [trailers] = await once(stream.resume(), "trailers");
    stream.end();
    assert.equal(trailers["grpc-status"], "7");
    assert.equal(trailers["grpc-message"], "50 %25 of %E2%80%9Cno%E2%80%9D%0A");
    await closed;
  });

  it("tells when a client has caught up", async () => {
    transport = new Http2Transport();
    let drained = 0;
    let connection!: Connection;
    address = await transport.listen("127.0.0.1", 0, (_, opened) => {
      connection = opened;
      return { received() {}, closed() {}, drained: () => drained++ };
    });
    const session = connectHttp2(`http://${address.host}:${address.port}`, {
      settings: { initialWindowSize: 1000 },
    });
    const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc" });
    await once(stream, "response");
    stream.pause();
    const body = Buffer.alloc(200_000, 1);
    assert.equal(connection.send(body, Buffer.from([2, 3])), false);
    assert.equal(drained, 0);
    let received = 0;
    stream.on("data", (chunk: Buffer) => {
      received += chunk.length;
    });
    stream.resume();
    while (received < body.length + 7 || drained === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(received, body.length + 7);
    assert.equal(drained, 1);
    assert.equal(connection.send(Buffer.from([1]), Buffer.from([2])), true);
    session.destroy();
  });
});
