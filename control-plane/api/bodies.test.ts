import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { Bodies } from "./bodies.js";

const limits = { bytes: 100, bytesTogether: 60, freeBytes: 10 };

describe("Bodies", () => {
  /** A body that arrives piece by piece. */
  function body(bodies: Bodies, announced?: number) {
    const stream = new PassThrough();
    const read = bodies.read(stream as unknown as IncomingMessage, announced?.toString());
    // Told by whoever awaits it.
    read.catch(() => {});
    return { stream, read };
  }
  const refusal = async (read: Promise<Buffer>) =>
    read.then(
      () => assert.fail("it was read"),
      ({ status, code, message }) => [status, code, message],
    );
  const tooLarge = [
    400,
    "BadRequestException",
    "the request's body is too large; at most 100 bytes are allowed",
  ];
  const tooMany = [
    429,
    "TooManyRequestsException",
    "too many large requests are being read at this time; try again later, or send smaller ones",
  ];
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it("are read whole, in any pieces, up to the limit", async () => {
    const bodies = new Bodies({ ...limits, bytesTogether: 1000 });
    for (const pieces of [[], ["a"], ["a".repeat(100)], ["a", "b", "c".repeat(98)]]) {
      const { stream, read } = body(bodies);
      for (const piece of pieces) stream.write(piece);
      stream.end();
      assert.equal((await read).toString(), pieces.join(""));
    }
  });

  it("are refused where they are too large, as soon as that is known", async () => {
    const bodies = new Bodies({ ...limits, bytesTogether: 1000 });
    assert.deepEqual(await refusal(body(bodies, 101).read), tooLarge);
    const { stream, read } = body(bodies);
    stream.write("a".repeat(101));
    assert.deepEqual(await refusal(read), tooLarge);
  });

  it("are refused where too much of them is being read at once, but for small ones", async () => {
    const bodies = new Bodies(limits);
    const large = body(bodies);
    large.stream.write("a".repeat(65));
    await turn();
    const another = body(bodies);
    another.stream.write("b".repeat(16));
    assert.deepEqual(await refusal(another.read), tooMany);
    const small = body(bodies);
    small.stream.end("c".repeat(10));
    assert.equal((await small.read).length, 10);
    // What is read, refused or gone takes nothing any more.
    large.stream.end();
    assert.equal((await large.read).length, 65);
    const gone = body(bodies);
    gone.stream.write("d".repeat(70));
    await turn();
    gone.stream.destroy();
    assert.deepEqual(await refusal(gone.read), [
      400,
      "BadRequestException",
      "the request's body ended in its middle",
    ]);
    const next = body(bodies);
    next.stream.end("e".repeat(70));
    assert.equal((await next.read).length, 70);
  });
});
