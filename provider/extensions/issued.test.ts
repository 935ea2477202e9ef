import assert from "node:assert/strict";
import { optional, required, string, structure } from "@pulumi-appmesh/model";
import type { Ending } from "../client/appmesh.js";
import { ApiError } from "../client/errors.js";
import type { Context } from "../resources/operations.js";
import { type ObjectValue, Secret, UNKNOWN } from "../server/values.js";
import { accessKey } from "./access-key.js";
import { issued } from "./issued.js";
import { proxyIdentity } from "./proxy-identity.js";
import { renewBeforeSeconds } from "./renewal.js";

const SECONDS = 1_800_000_000;
const at = (seconds: number) => new Date((SECONDS + seconds) * 1000).toISOString();
const context = {} as Context;

describe("What is issued", () => {
  let now = 0;
  let live: Ending | undefined;
  let refusal: Error | undefined;
  const made: Ending = { createdAt: SECONDS, expiresAt: SECONDS + 900, status: "Active" };
  const thing = issued(
    {
      title: "Thing",
      doc: "A thing.",
      shape: structure("ThingArgs", "A thing.", {
        colour: required(string(), "Its colour."),
        note: optional(string(), "For people."),
        renewBeforeSeconds,
      }),
      outputs: { secretPart: required(string(), "Its secret part.") },
      secrets: ["secretPart"],
      inPlace: ["note", "renewBeforeSeconds"],
      lifeSeconds: 900,
      words: (id) => `thing ${id}`,
      instead: "Make another one.",
      issue: async () => ({ id: "t-1", outputs: { secretPart: "hidden" }, ending: made }),
      look: async () => live,
      revoke: async () => {
        if (refusal) throw refusal;
      },
    },
    () => (SECONDS + now) * 1000,
  );
  beforeEach(() => {
    now = 0;
    live = made;
    refusal = undefined;
  });
  const create = async (inputs: ObjectValue) => (await thing.create(inputs, context)).state;
  const differs = (state: ObjectValue, olds: ObjectValue, news: ObjectValue, ignoreChanges: string[] = []) =>
    thing
      .diff({ urnName: "thing", state, olds, news, ignoreChanges })
      .changes.map(({ property, replaces, isOutput }) => ({
        property,
        replaces,
        ...(isOutput && { isOutput }),
      }));

  it("is kept with its secret as such, and with the times at which it ends and is renewed", async () => {
    assert.deepEqual(await thing.create({ colour: "red" }, context), {
      id: "t-1",
      state: {
        colour: "red",
        secretPart: new Secret("hidden"),
        createdAt: at(0),
        expiresAt: at(900),
        renewAt: at(600),
      },
    });
    assert.equal((await create({ colour: "red", renewBeforeSeconds: 60 })).renewAt, at(840));
    assert.equal((await create({ colour: "red", renewBeforeSeconds: 0 })).renewAt, at(900));
  });

  it("is replaced from the time on at which it is renewed, as the program has it now, and not before", async () => {
    const inputs = { colour: "red" };
    const state = await create(inputs);
    const due = [{ property: "expiresAt", replaces: true, isOutput: true }];
    const later = { colour: "red", renewBeforeSeconds: 60 };
    for (const [seconds, byDefault, byInput] of [
      [0, [], []],
      [599, [], []],
      [600, due, []],
      [839, due, []],
      [840, due, due],
      [10_000, due, due],
    ] as const) {
      now = seconds;
      assert.deepEqual(differs(state, inputs, inputs), byDefault, String(seconds));
      const added = { property: "renewBeforeSeconds", replaces: false };
      assert.deepEqual(differs(state, inputs, later), [added, ...byInput], String(seconds));
    }
    // What is not known yet renews nothing early.
    now = 599;
    assert.deepEqual(differs(state, inputs, { colour: "red", renewBeforeSeconds: UNKNOWN }), [
      { property: "renewBeforeSeconds", replaces: false },
    ]);
  });

  it("is another one for another input, but for those that can be changed, or are to be left alone", async () => {
    const inputs = { colour: "red" };
    const state = await create(inputs);
    assert.deepEqual(differs(state, inputs, { colour: "blue", note: "mine" }), [
      { property: "colour", replaces: true },
      { property: "note", replaces: false },
    ]);
    assert.deepEqual(differs(state, inputs, { colour: "blue" }, ["colour"]), []);
    assert.deepEqual(thing.identity, ["colour"]);
    const updated = await thing.update(
      { id: "t-1", olds: state, news: { ...inputs, renewBeforeSeconds: 30 }, ignoreChanges: [] },
      context,
    );
    assert.deepEqual(updated, { ...state, renewBeforeSeconds: 30, renewAt: at(870) });
    assert.deepEqual(thing.plannedUpdate(updated, inputs, []), state);
  });

  it("is planned with what is not known yet", () => {
    assert.deepEqual(thing.planned({ colour: "red" }), {
      colour: "red",
      secretPart: UNKNOWN,
      createdAt: UNKNOWN,
      expiresAt: UNKNOWN,
      renewAt: UNKNOWN,
    });
  });

  it("is read as long as it works, never without its secret", async () => {
    const inputs = { colour: "red" };
    const state = await create(inputs);
    assert.deepEqual(await thing.read("t-1", { inputs, state }, context), { inputs, state });
    for (const status of ["Revoked", "Expired"] as const) {
      live = { ...made, status };
      assert.equal(await thing.read("t-1", { inputs, state }, context), undefined, status);
    }
    live = undefined;
    assert.equal(await thing.read("t-1", { inputs, state }, context), undefined);
    await assert.rejects(thing.read("t-1", { inputs: {}, state: {} }, context), {
      message:
        "thing t-1 cannot be imported or looked up: what is secret of it was told once, when it was issued, and the control " +
        "plane does not tell it again. Make another one.",
    });
  });

  it("is taken back once, and says why it cannot be", async () => {
    await thing.delete("t-1", context);
    refusal = new ApiError("NotFoundException", 404, "there is no such thing");
    await thing.delete("t-1", context);
    refusal = new ApiError("ConflictException", 409, "it is the last one");
    await assert.rejects(thing.delete("t-1", context), {
      message: "cannot revoke thing t-1: ConflictException: it is the last one",
    });
  });

  const failures = (of: typeof thing, news: ObjectValue) =>
    of
      .check({ urnName: "a", olds: {}, news, seed: new Uint8Array(32) }, {})
      .failures.map(({ property, reason }) => `${property}: ${reason}`);

  it("is refused where it would be renewed by every update, or never", () => {
    assert.deepEqual(failures(thing, { colour: "red", renewBeforeSeconds: 900 }), [
      "renewBeforeSeconds: 900 was given; less than the 900 seconds of its life is allowed, since it would be renewed by every update.",
    ]);
    assert.deepEqual(failures(thing, { colour: "red", renewBeforeSeconds: 899 }), []);
    assert.deepEqual(failures(accessKey, { renewBeforeSeconds: 60 }), [
      "renewBeforeSeconds: it was given without expiresInSeconds; what does not end is not renewed. Leave it out, or give an end.",
    ]);
    assert.deepEqual(failures(accessKey, { renewBeforeSeconds: 60, expiresInSeconds: UNKNOWN }), []);
    assert.deepEqual(failures(accessKey, { renewBeforeSeconds: UNKNOWN, expiresInSeconds: 60 }), []);
  });

  it("is refused as the control plane would", () => {
    assert.deepEqual(failures(accessKey, { account: "12", scope: { meshes: ["a/b"], readonly: true } }), [
      'account: "12" was given; a string of exactly 12 digits is allowed.',
      `scope.meshes[0]: "a/b" was given; a string of 1 to 268 characters the name of a mesh, such as shop, or of another owner's, such as shop@123456789012 is allowed.`,
      'scope.readonly: "readonly" is not a member of AccessKeyScope; readOnly and meshes are allowed. Did you mean readOnly?',
    ]);
    assert.deepEqual(failures(proxyIdentity, { meshName: "shop", kind: "password", expiresInSeconds: 59 }), [
      ": neither virtualNode nor virtualGateway was given; exactly one of them is required.",
      'kind: "password" was given; "certificate" or "token" is allowed.',
      "expiresInSeconds: 59 was given; an integer from 60 to 34300800 is allowed.",
    ]);
    // Of a secret, nothing is told.
    assert.deepEqual(failures(accessKey, { account: new Secret("12") }), [
      "account: a secret value was given; a string of exactly 12 digits is allowed.",
    ]);
  });
});
