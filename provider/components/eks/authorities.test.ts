import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { digest, trusted } from "./authorities.js";

const own = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

describe("the authorities of the controller's pods", () => {
  it("are the control plane's alone where the pods call nobody else", () => {
    assert.equal(trusted(`\n${own}`, { callsAws: false }), own);
  });

  it("are AWS's as well where they call AWS Cloud Map", () => {
    const all = trusted(own, { callsAws: true });
    assert.ok(all.startsWith(own));
    const others = all.slice(own.length).match(/-----BEGIN[\s\S]*?END CERTIFICATE-----/g) ?? [];
    assert.deepEqual(others.map((each) => /CN=(.*)/.exec(new X509Certificate(each).subject)?.[1]).sort(), [
      "Amazon Root CA 1",
      "Amazon Root CA 2",
      "Amazon Root CA 3",
      "Amazon Root CA 4",
      "Starfield Services Root Certificate Authority - G2",
    ]);
  });

  it("are told from others by a digest", () => {
    assert.equal(digest("a"), "ca978112ca1bbdca");
    assert.notEqual(digest("a"), digest("b"));
  });
});
