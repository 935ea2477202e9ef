import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { makeAuthority } from "../identity/certificates.js";
import type { ExportedAuthority, ExportedCertificate } from "../translate/entities.js";
import { CertificateError, type CertificateSource } from "./certificate-source.js";
import { Exports } from "./exports.js";

const arn = "arn:aws:acm:us-east-1:123456789012:certificate/a";
const authorityArn = "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/a";

/** A source that a test moves on step by step: each question waits for the answer that the test gives it. */
class ScriptedSource implements CertificateSource {
  readonly #questions: { readonly asked: string; readonly answer: (value: unknown) => void }[] = [];
  #arrived: (() => void) | undefined;

  certificate(asked: string): Promise<ExportedCertificate> {
    return this.#ask(`certificate ${asked}`) as Promise<ExportedCertificate>;
  }

  authority(asked: string): Promise<ExportedAuthority> {
    return this.#ask(`authority ${asked}`) as Promise<ExportedAuthority>;
  }

  /** Answers the next question, and tells what it was. */
  async answer(value: ExportedCertificate | ExportedAuthority | Error): Promise<string> {
    while (this.#questions.length === 0) await new Promise<void>((resolve) => (this.#arrived = resolve));
    const { asked, answer } = this.#questions.shift() as { asked: string; answer: (value: unknown) => void };
    answer(value instanceof Error ? Promise.reject(value) : value);
    await turn();
    return asked;
  }

  #ask(asked: string): Promise<unknown> {
    return new Promise((answer) => {
      this.#questions.push({ asked, answer });
      this.#arrived?.();
    });
  }
}

describe("certificates that are looked at", () => {
  let source: ScriptedSource;
  let exports: Exports;
  let changes: string[];
  let failures: string[];
  let certificate: string;
  before(async () => {
    const day = 24 * 60 * 60 * 1000;
    const validity = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) };
    ({ certificate } = await makeAuthority("test", validity));
  });
  beforeEach(() => {
    source = new ScriptedSource();
    [changes, failures] = [[], []];
    exports = new Exports({
      source,
      intervalMillis: 1,
      changed: ({ kind }, lookers) => changes.push(`${kind} for ${[...lookers].join(" and ")}`),
      failed: ({ kind }, reason, kept) => failures.push(`${kind}: ${reason}, ${kept ? "kept" : "none"}`),
    });
  });
  afterEach(() => exports.close());
  const exported = (privateKey = "key"): ExportedCertificate => ({
    certificate,
    issuers: certificate,
    privateKey,
  });
  const away = new CertificateError("AWS is away");

  it("are pending until they are there, and asked for again from then on", async () => {
    assert.deepEqual(exports.certificate(arn, "shop"), {
      unavailable: `${arn} is being asked for`,
      pending: true,
    });
    assert.equal(await source.answer(exported()), `certificate ${arn}`);
    const first = exports.certificate(arn, "shop");
    assert.deepEqual(first, exported());
    assert.deepEqual(changes, ["certificate for shop"]);

    assert.equal(await source.answer(exported()), `certificate ${arn}`);
    assert.equal(exports.certificate(arn, "shop"), first);
    assert.equal(changes.length, 1);
    await source.answer(exported("another key"));
    assert.deepEqual(exports.certificate(arn, "shop"), exported("another key"));
    assert.equal(changes.length, 2);
  });

  it("are asked for once for all who look at them, until all have forgotten them", async () => {
    exports.certificateAuthority(authorityArn, "shop");
    exports.certificateAuthority(authorityArn, "office");
    assert.equal(await source.answer({ certificates: "root" }), `authority ${authorityArn}`);
    assert.deepEqual(changes, ["certificateAuthority for shop and office"]);
    const wanted = { kind: "certificateAuthority", arn: authorityArn } as const;
    exports.forget(wanted, "shop");
    assert.deepEqual(exports.wanted, [wanted]);
    exports.forget(wanted, "nobody");
    exports.forget(wanted, "office");
    assert.deepEqual(exports.wanted, []);
  });

  it("that cannot be had say why, once for each reason", async () => {
    exports.certificate(arn, "shop");
    await source.answer(away);
    assert.deepEqual(exports.certificate(arn, "shop"), {
      unavailable: "AWS is away; until then connections that need it are refused",
    });
    await source.answer(away);
    assert.deepEqual(failures, ["certificate: AWS is away, none"]);
    assert.equal(changes.length, 1);
    await source.answer(new CertificateError("AWS refuses"));
    assert.deepEqual(failures.slice(1), ["certificate: AWS refuses, none"]);
    await source.answer(exported());
    assert.deepEqual(exports.certificate(arn, "shop"), exported());
  });

  it("stay as they were while they cannot be had again", async () => {
    exports.certificate(arn, "shop");
    await source.answer(exported());
    const known = exports.certificate(arn, "shop");
    await source.answer(away);
    await source.answer(away);
    assert.equal(exports.certificate(arn, "shop"), known);
    assert.deepEqual(failures, ["certificate: AWS is away, kept"]);
    assert.equal(changes.length, 1);
    await source.answer(exported());
    await source.answer(away);
    assert.equal(failures.length, 2);
  });
});
