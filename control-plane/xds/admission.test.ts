import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Admission, type Entrant } from "./admission.js";

/** A stream that notes what is done with it. */
class Noted implements Entrant {
  readonly heard: string[] = [];
  readonly ended: string[] = [];
  isClosed = false;
  received(message: Uint8Array): void {
    this.heard.push(Buffer.from(message).toString());
  }
  drained(): void {}
  closed(): void {
    this.isClosed = true;
  }
  end(code: number, details: string): void {
    this.ended.push(`${code} ${details}`);
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 30_000; !holds(); await sleep(5)) assert.ok(Date.now() < end);
}

describe("Admission", () => {
  let now: number;
  let admission: Admission;
  const at = (streamsPerSecond: number, waitingStreams: number) => {
    now = 0;
    admission = new Admission({ streamsPerSecond, waitingStreams }, () => now);
  };
  const enter = (...says: string[]) => {
    const stream = new Noted();
    const handler = admission.enter(stream);
    for (const text of says) handler.received(Buffer.from(text));
    return { stream, handler };
  };
  afterEach(() => admission.stop());

  it("lets streams in as they come while there is room, without anything in between", () => {
    at(4, 10);
    const { stream, handler } = enter("hello");
    assert.equal(handler, stream);
    assert.deepEqual(stream.heard, ["hello"]);
  });

  it("lets the others in one after another, each with all that it said meanwhile, in its order", async () => {
    at(4, 10);
    enter();
    enter();
    const third = enter("one", "two");
    const fourth = enter("three");
    assert.deepEqual([third.stream.heard, fourth.stream.heard, admission.queue], [[], [], 2]);
    now = 250;
    await until(() => third.stream.heard.length > 0);
    assert.deepEqual([third.stream.heard, fourth.stream.heard, admission.queue], [["one", "two"], [], 1]);
    third.handler.received(Buffer.from("and then"));
    assert.deepEqual(third.stream.heard, ["one", "two", "and then"]);
    now = 500;
    await until(() => admission.queue === 0);
    assert.deepEqual(fourth.stream.heard, ["three"]);
  });

  it("refuses streams for which there is no room to wait", () => {
    at(2, 1);
    enter();
    enter();
    const { stream } = enter("hello");
    assert.deepEqual(stream.heard, []);
    assert.deepEqual(stream.ended, ["14 too many proxies come at once: open another stream after a while"]);
    assert.equal(admission.queue, 1);
  });

  it("keeps no more of what is said meanwhile than a proxy has to say", () => {
    at(1, 10);
    enter();
    const { stream, handler } = enter("x".repeat(1024 * 1024));
    handler.received(Buffer.from("y"));
    handler.received(Buffer.from("z"));
    assert.deepEqual(stream.ended, ["14 more than 1048576 bytes were sent before the first answer"]);
    assert.equal(admission.queue, 0);
  });

  it("forgets streams that go away while they wait", async () => {
    at(1, 10);
    enter();
    const gone = enter("hello");
    const next = enter("next");
    gone.handler.closed();
    assert.deepEqual([gone.stream.isClosed, admission.queue], [true, 1]);
    now = 1000;
    await until(() => admission.queue === 0);
    assert.deepEqual([gone.stream.heard, next.stream.heard], [[], ["next"]]);
  });
});
