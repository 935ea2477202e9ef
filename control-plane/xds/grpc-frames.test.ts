import assert from "node:assert/strict";
import fc from "fast-check";
import { FrameReader, FrameTooLarge, frameHeader } from "./grpc-frames.js";

const framed = (message: Uint8Array) => Buffer.concat([frameHeader(message.length), message]);

describe("gRPC frames", () => {
  it("are read however the bytes come", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 })),
        fc.array(fc.integer({ min: 1, max: 40 })),
        (messages, cuts) => {
          const bytes = Buffer.concat(messages.map(framed));
          const reader = new FrameReader(300);
          const read: Uint8Array[] = [];
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = cuts[i % Math.max(cuts.length, 1)] ?? 1000;
            read.push(...reader.read(bytes.subarray(at, at + size)));
            at += size;
          }
          assert.deepEqual(
            read.map((message) => [...message]),
            messages.map((message) => [...message]),
          );
        },
      ),
    );
  });

  it("are refused where the message is too large, before it is held", () => {
    assert.throws(() => new FrameReader(10).read(frameHeader(11)), {
      name: "FrameTooLarge",
      message: "a message of 11 bytes is larger than the 10 that are allowed",
    });
    assert.deepEqual(new FrameReader(10).read(framed(Buffer.alloc(10))), [Buffer.alloc(10)]);
    assert.ok(new FrameTooLarge() instanceof Error);
  });

  it("are refused where the message is compressed", () => {
    const frame = framed(Buffer.from("x"));
    frame[0] = 1;
    assert.throws(() => new FrameReader(10).read(frame), {
      message: "compressed messages are not supported: send them uncompressed",
    });
  });
});
