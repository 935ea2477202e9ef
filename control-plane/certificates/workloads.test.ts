import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { WorkloadCertificate, WorkloadIssuer } from "./workload-issuer.js";
import { Workloads } from "./workloads.js";

/** Issues certificates that tell how many there were, each valid for so long. */
class Issuer implements WorkloadIssuer {
  issued = 0;
  lifeMillis = 60_000;
  failing = false;
  by = "first";
  trusted = "first";
  readonly #listeners = new Set<() => void>();

  async issue(name: string): Promise<WorkloadCertificate> {
    if (this.failing) throw new Error("the store is away");
    const number = ++this.issued;
    const notBefore = Date.now();
    const certificate = `${name} ${number} by ${this.by}`;
    return {
      ...{ certificate, issuers: "", privateKey: `key ${number}`, signer: this.by },
      ...{ notBefore, notAfter: notBefore + this.lifeMillis },
    };
  }
  trust = () => this.trusted;
  signer = () => this.by;
  onChanged(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  change(change: Partial<Pick<Issuer, "by" | "trusted">>): void {
    Object.assign(this, change);
    for (const listener of this.#listeners) listener();
  }
}

describe("Certificates of workloads", () => {
  let issuer: Issuer;
  let workloads: Workloads;
  let changes: string[];
  let failures: string[];
  beforeEach(() => {
    issuer = new Issuer();
    [changes, failures] = [[], []];
    workloads = new Workloads({
      issuer,
      changed: (name) => changes.push(name),
      trustChanged: () => changes.push("trust"),
      failed: (name, error, kept) => failures.push(`${name}: ${error.message}${kept ? ", kept" : ""}`),
      retryMillis: 20,
    });
  });
  afterEach(() => workloads.close());
  const shown = (name = "a", looker = "shop") => {
    const found = workloads.certificate(name, looker);
    return "unavailable" in found ? found.unavailable : found.certificate;
  };
  const until = async (holds: () => boolean) => {
    for (const end = Date.now() + 30_000; !holds(); await sleep(2)) {
      if (Date.now() > end) throw new Error(`it does not come true: ${holds}`);
    }
  };

  it("are issued once for all who look at them, and waited for meanwhile", async () => {
    assert.deepEqual(workloads.certificate("a", "shop"), {
      unavailable: "its certificate of the mesh is being issued",
      pending: true,
    });
    shown("a", "other");
    await until(() => changes.length > 0);
    assert.deepEqual(
      [changes, shown(), shown("a", "other"), issuer.issued],
      [["a"], "a 1 by first", "a 1 by first", 1],
    );
    assert.equal(workloads.certificate("a", "shop"), workloads.certificate("a", "shop"));
  });

  it("are renewed long before they end, for as long as anybody looks", async () => {
    issuer.lifeMillis = 200;
    shown();
    shown("a", "other");
    await until(() => issuer.issued >= 3);
    assert.ok(changes.length >= 3);
    workloads.forget("a", "shop");
    const { issued } = issuer;
    await until(() => issuer.issued > issued);
    workloads.forget("a", "other");
    const last = issuer.issued;
    await sleep(300);
    assert.ok(issuer.issued <= last + 1);
    assert.deepEqual(shown(), "its certificate of the mesh is being issued");
  });

  it("stay in use where they cannot be renewed, and are told of as missing where there never was one", async () => {
    issuer.failing = true;
    shown();
    await until(() => changes.length > 0);
    assert.equal(shown(), "its certificate of the mesh cannot be had: the store is away");
    issuer.failing = false;
    await until(() => issuer.issued === 1);
    await until(() => shown() === "a 1 by first");
    issuer.lifeMillis = 60_000;
    issuer.failing = true;
    issuer.change({ by: "second" });
    await until(() => failures.some((failure) => failure.endsWith("kept")));
    assert.equal(shown(), "a 1 by first");
    issuer.failing = false;
    await until(() => shown().endsWith("by second"));
    assert.equal(failures[0], "a: the store is away");
  });

  it("are replaced when another authority signs, which is trusted before", async () => {
    shown();
    workloads.trust();
    await until(() => shown() === "a 1 by first");
    changes.length = 0;
    issuer.change({ trusted: "first second" });
    assert.deepEqual([changes, workloads.trust()], [["trust"], { certificates: "first second" }]);
    issuer.change({ by: "second" });
    await until(() => shown() === "a 2 by second");
    assert.deepEqual(changes, ["trust", "a"]);
    assert.equal(workloads.trust(), workloads.trust());
  });
});
