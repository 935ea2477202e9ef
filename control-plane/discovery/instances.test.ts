import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type CloudMap, CloudMapError, type CloudMapService, type Discovered } from "./cloud-map.js";
import { CloudMapInstances } from "./instances.js";

const catalog = { namespaceName: "shop.internal", serviceName: "catalog" };
const instance = (id: string, healthy = true) => ({
  id,
  attributes: { AWS_INSTANCE_IPV4: `10.0.0.${id}` },
  healthy,
});

/** A Cloud Map that a test moves on step by step: each question waits for the answer that the test gives it. */
class ScriptedCloudMap implements CloudMap {
  readonly #questions: { readonly asked: string; readonly answer: (value: unknown) => void }[] = [];
  #arrived: (() => void) | undefined;

  discover(service: CloudMapService): Promise<Discovered> {
    return this.#ask(`discover ${service.serviceName}`) as Promise<Discovered>;
  }

  revision(service: CloudMapService): Promise<number | undefined> {
    return this.#ask(`revision ${service.serviceName}`) as Promise<number | undefined>;
  }

  /** Answers the next question, and tells what it was. */
  async answer(value: Discovered | number | Error): Promise<string> {
    while (this.#questions.length === 0) await new Promise<void>((resolve) => (this.#arrived = resolve));
    const { asked, answer } = this.#questions.shift() as { asked: string; answer: (value: unknown) => void };
    answer(value instanceof Error ? Promise.reject(value) : value);
    await turn();
    return asked;
  }

  get waiting(): number {
    return this.#questions.length;
  }

  #ask(asked: string): Promise<unknown> {
    return new Promise((answer) => {
      this.#questions.push({ asked, answer });
      this.#arrived?.();
    });
  }
}

/** Long enough for what follows an answer without waiting for anything else. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

const away = new CloudMapError("AWS Cloud Map is away");

describe("instances of AWS Cloud Map", () => {
  let cloudMap: ScriptedCloudMap;
  let instances: CloudMapInstances;
  let changes: string[];
  beforeEach(() => {
    cloudMap = new ScriptedCloudMap();
    changes = [];
    instances = new CloudMapInstances({
      cloudMap,
      intervalMillis: 1,
      changed: ({ serviceName }, lookers) => changes.push(`${serviceName} for ${[...lookers].join(" and ")}`),
    });
  });
  afterEach(() => instances.close());
  const known = () => instances.read(catalog, "shop");

  it("are not known at first, and looked up from then on", async () => {
    assert.deepEqual(known(), { list: undefined });
    const first = { instances: [instance("1")], revision: 1, checked: false };
    assert.equal(await cloudMap.answer(first), "discover catalog");
    assert.deepEqual(known(), { list: [instance("1")] });
    assert.deepEqual(changes, ["catalog for shop"]);
  });

  it("are asked for by their revision, while nobody checks their health", async () => {
    known();
    await cloudMap.answer({ instances: [instance("1")], revision: 7, checked: false });
    const before = known();
    assert.equal(await cloudMap.answer(7), "revision catalog");
    assert.equal(await cloudMap.answer(8), "revision catalog");
    assert.equal(known(), before);
    assert.deepEqual(changes, ["catalog for shop"]);
    const second = { instances: [instance("1"), instance("2")], revision: 8, checked: false };
    assert.equal(await cloudMap.answer(second), "discover catalog");
    assert.deepEqual(known(), { list: [instance("1"), instance("2")] });
    assert.equal(changes.length, 2);
  });

  it("are asked for themselves where their health is checked, since no revision tells of it", async () => {
    known();
    await cloudMap.answer({ instances: [instance("1")], revision: 7, checked: true });
    const sick = { instances: [instance("1", false)], revision: 7, checked: true };
    assert.equal(await cloudMap.answer(sick), "discover catalog");
    assert.deepEqual(known(), { list: [instance("1", false)] });
  });

  it("are asked for themselves now and then, whatever their revision", async () => {
    known();
    const same = { instances: [instance("1")], revision: 7, checked: false };
    await cloudMap.answer(same);
    const asked: string[] = [];
    for (let i = 0; i < 12; i++) {
      asked.push((await cloudMap.answer(i === 10 ? same : 7)).split(" ")[0] as string);
    }
    assert.deepEqual(asked, [...Array(10).fill("revision"), "discover", "revision"]);
    assert.deepEqual(changes, ["catalog for shop"]);
  });

  it("stay as they were last heard of while Cloud Map is away, which is told once", async () => {
    known();
    await cloudMap.answer({ instances: [instance("1")], revision: undefined, checked: false });
    const { list } = known();
    await cloudMap.answer(away);
    // One lost answer is no news.
    assert.deepEqual(known(), { list });
    await cloudMap.answer(away);
    assert.deepEqual(known(), { list, problem: "AWS Cloud Map is away" });
    assert.equal(known().list, list);
    await cloudMap.answer(away);
    assert.equal(changes.length, 2);
    await cloudMap.answer({ instances: [instance("1")], revision: undefined, checked: false });
    assert.deepEqual(known(), { list });
    assert.equal(known().list, list);
    assert.equal(changes.length, 3);
  });

  it("are not known, and why, where Cloud Map never told", async () => {
    known();
    await cloudMap.answer(away);
    assert.deepEqual(known(), { list: undefined, problem: "AWS Cloud Map is away" });
  });

  it("are looked up anew for whoever chooses some of them in a new way, and not answered before", async () => {
    instances = new CloudMapInstances({
      cloudMap,
      intervalMillis: 3_600_000,
      changed: ({ serviceName }, lookers) => changes.push(`${serviceName} for ${[...lookers].join(" and ")}`),
    });
    const chosen = (choice: string) => instances.read(catalog, "shop", choice);
    const first = { instances: [instance("1")], revision: 1, checked: false };
    chosen("v1");
    await cloudMap.answer(first);
    assert.deepEqual(chosen("v1"), { list: [instance("1")] });
    // While v2 is looked for, v3 comes: what is under way began before it.
    assert.deepEqual(chosen("v2"), { list: undefined });
    assert.deepEqual(chosen("v3"), { list: undefined });
    assert.deepEqual(chosen("v1"), { list: [instance("1")] });
    assert.equal(await cloudMap.answer(1), "revision catalog");
    assert.deepEqual(chosen("v2"), { list: [instance("1")] });
    assert.deepEqual(chosen("v3"), { list: undefined });
    assert.equal(await cloudMap.answer(2), "revision catalog");
    const second = { instances: [instance("1"), instance("3")], revision: 2, checked: false };
    assert.equal(await cloudMap.answer(second), "discover catalog");
    assert.deepEqual(chosen("v3"), { list: [instance("1"), instance("3")] });
    assert.equal(chosen("v1"), chosen("v3"));
    assert.deepEqual(changes, Array(3).fill("catalog for shop"));
    assert.equal(cloudMap.waiting, 0);
  });

  it("are those last heard of for a new choice, and why, where Cloud Map does not answer twice", async () => {
    instances = new CloudMapInstances({ cloudMap, intervalMillis: 3_600_000, changed: () => {} });
    instances.read(catalog, "shop", "v1");
    await cloudMap.answer({ instances: [instance("1")], revision: 1, checked: false });
    assert.deepEqual(instances.read(catalog, "shop", "v2"), { list: undefined });
    await cloudMap.answer(away);
    assert.deepEqual(instances.read(catalog, "shop", "v2"), { list: undefined });
    await cloudMap.answer(away);
    assert.deepEqual(instances.read(catalog, "shop", "v2"), {
      list: [instance("1")],
      problem: "AWS Cloud Map is away",
    });
  });

  it("are looked up once for all who look, until the last has forgotten them", async () => {
    instances.read(catalog, "shop");
    instances.read(catalog, "market");
    await cloudMap.answer({ instances: [], revision: undefined, checked: false });
    assert.deepEqual(changes, ["catalog for shop and market"]);
    instances.forget(catalog, "shop");
    assert.deepEqual(instances.services, [catalog]);
    await cloudMap.answer({ instances: [instance("1")], revision: undefined, checked: false });
    assert.deepEqual(changes.slice(1), ["catalog for market"]);
    instances.forget(catalog, "market");
    assert.deepEqual(instances.services, []);
    await sleep(20);
    // At most the question that was under way already.
    assert.ok(cloudMap.waiting <= 1);
    while (cloudMap.waiting > 0) await cloudMap.answer({ instances: [], revision: 1, checked: false });
    assert.equal(changes.length, 2);
  });
});
