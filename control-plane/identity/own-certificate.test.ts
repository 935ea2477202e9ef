import assert from "node:assert/strict";
import { makeAuthority } from "./certificates.js";
import { type Issuer, issuerOf } from "./issuer.js";
import { DAY, OwnCertificate, validity } from "./own-certificate.js";
import type { Authorities } from "./proxies/authorities.js";

describe("A server's own certificate", () => {
  const now = Date.now();
  /** Authorities of which one signs, as often as it is let. */
  async function signing() {
    const authority = issuerOf(await makeAuthority("a test's", validity(now, 3650)));
    const waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
    let asked = 0;
    const slow: Issuer = {
      certificate: authority.certificate,
      issue: async (options) => {
        asked++;
        await new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }));
        return authority.issue(options);
      },
    };
    const own = new OwnCertificate({ signer: async () => slow } as unknown as Authorities, ["localhost"]);
    const turns = () => new Promise((resolve) => setImmediate(resolve));
    return { own, waiting, turns, asked: () => asked };
  }

  it("is asked for once, however often it is looked at while what signs is slow", async () => {
    const { own, waiting, turns, asked } = await signing();
    const looks = Array.from({ length: 20 }, () => own.current(now));
    await turns();
    assert.equal(asked(), 1);
    waiting.pop()?.resolve();
    const [first, ...others] = await Promise.all(looks);
    for (const other of others) assert.equal(other, first);
    assert.equal(await own.current(now), first);
    // Another one before it ends.
    const next = own.current(now + 370 * DAY);
    await turns();
    waiting.pop()?.resolve();
    assert.notEqual(await next, first);
    assert.equal(asked(), 2);
  });

  it("is asked for again after it could not be had", async () => {
    const { own, waiting, turns, asked } = await signing();
    const looks = [own.current(now), own.current(now)].map((look) =>
      assert.rejects(look, new Error("not now")),
    );
    await turns();
    waiting.pop()?.reject(new Error("not now"));
    await Promise.all(looks);
    const again = own.current(now);
    await turns();
    waiting.pop()?.resolve();
    await again;
    assert.equal(asked(), 2);
  });
});
