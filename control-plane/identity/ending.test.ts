import assert from "node:assert/strict";
import { issueCertificate, makeAuthority } from "./certificates.js";
import { Ending } from "./ending.js";

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const NOW = Date.parse("2026-06-01T00:00:00Z");

describe("The end of a certificate", () => {
  async function certificate(days: number): Promise<string> {
    const validity = { notBefore: new Date(NOW), notAfter: new Date(NOW + days * DAY) };
    const authority = await makeAuthority("Test CA", validity);
    const issued = await issueCertificate(authority, {
      commonName: "one",
      names: ["localhost"],
      usages: ["server"],
      ...validity,
    });
    return issued.certificate + authority.certificate;
  }
  const wayOut = "Move another one, with its key, into the place of its files";

  it("is told two weeks before it, and when it has come, each once", async () => {
    const ending = new Ending();
    const pem = await certificate(90);
    const told = (days: number) => ending.news(pem, NOW + days * DAY);
    assert.equal(told(0), undefined);
    assert.equal(told(75.9), undefined);
    assert.deepEqual(told(76), { hasEnded: false, message: `ends at 2026-08-30T00:00:00.000Z. ${wayOut}` });
    assert.equal(told(89), undefined);
    assert.deepEqual(told(90), {
      hasEnded: true,
      message: `has ended at 2026-08-30T00:00:00.000Z: whoever checks it does not connect. ${wayOut}`,
    });
    assert.equal(told(91), undefined);
  });

  it("is told in the last quarter of one that lives shortly, and of each anew", async () => {
    const ending = new Ending();
    const [one, two] = [await certificate(1), await certificate(2)];
    assert.equal(ending.news(one, NOW + 17 * HOUR), undefined);
    assert.equal(ending.news(one, NOW + 18 * HOUR)?.message, `ends at 2026-06-02T00:00:00.000Z. ${wayOut}`);
    assert.equal(ending.news(two, NOW + 18 * HOUR), undefined);
    assert.equal(ending.news(two, NOW + 36 * HOUR)?.message, `ends at 2026-06-03T00:00:00.000Z. ${wayOut}`);
  });
});
