import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type ConnectionOptions, connect, createServer, type TLSSocket } from "node:tls";
import { type CertifiedKey, issueCertificate, makeAuthority, type Validity } from "./certificates.js";

const DAY = 24 * 60 * 60 * 1000;
const now = Date.now();
const valid: Validity = { notBefore: new Date(now - DAY), notAfter: new Date(now + DAY) };
const over: Validity = { notBefore: new Date(now - 2 * DAY), notAfter: new Date(now - DAY) };

describe("Certificates", () => {
  let root: CertifiedKey;
  before(async () => {
    root = await makeAuthority("Test root", valid);
  });
  const leaf = (options: Partial<Parameters<typeof issueCertificate>[1]> = {}) =>
    issueCertificate(root, {
      commonName: "a service",
      names: ["localhost", "127.0.0.1", "::1", "*.shop.local"],
      uris: ["spiffe://shop/catalog"],
      usages: ["server"],
      ...valid,
      ...options,
    });

  it("carry what was asked for, and nothing else", async () => {
    const issued = new X509Certificate((await leaf()).certificate);
    assert.deepEqual(
      {
        subject: issued.subject,
        issuer: issued.issuer,
        alternatives: issued.subjectAltName,
        usages: issued.keyUsage,
        ca: issued.ca,
        verified: issued.verify(new X509Certificate(root.certificate).publicKey),
        from: issued.validFromDate.getTime(),
        to: issued.validToDate.getTime(),
      },
      {
        subject: "CN=a service",
        issuer: "CN=Test root",
        alternatives:
          "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:*.shop.local, URI:spiffe://shop/catalog",
        usages: ["1.3.6.1.5.5.7.3.1"],
        ca: false,
        verified: true,
        from: Math.floor((now - DAY) / 1000) * 1000,
        to: Math.floor((now + DAY) / 1000) * 1000,
      },
    );
    const authority = new X509Certificate(root.certificate);
    assert.deepEqual([authority.subject, authority.ca], ["CN=Test root", true]);
  });

  it("have serial numbers of full length, none twice", async () => {
    const serials = await Promise.all(
      Array.from({ length: 8 }, async () => new X509Certificate((await leaf()).certificate).serialNumber),
    );
    assert.equal(new Set(serials).size, 8);
    for (const serial of serials) assert.match(serial, /^[4-7][0-9A-F]{31}$/);
  });

  it("take names as they are, whatever they hold", async () => {
    const commonName = 'O=x, CN="evil"+1\\';
    const issued = new X509Certificate((await leaf({ commonName })).certificate);
    assert.equal(issued.toLegacyObject().subject.CN, commonName);
  });

  /** What a client says of a server: undefined if it is content. */
  async function handshake(server: CertifiedKey, client: ConnectionOptions = {}, ca = root.certificate) {
    const listener = createServer({
      cert: server.certificate,
      key: server.key,
      ca,
      ...(client.cert && { requestCert: true, rejectUnauthorized: true }),
    });
    listener.on("secureConnection", (socket: TLSSocket) => socket.end("hello"));
    listener.on("tlsClientError", () => {});
    await once(listener.listen(0, "127.0.0.1"), "listening");
    const socket = connect({
      port: (listener.address() as AddressInfo).port,
      host: "127.0.0.1",
      ca: root.certificate,
      ...client,
    });
    const outcome = new Promise<string | undefined>((resolve) => {
      let heard = "";
      socket.on("data", (data) => (heard += data));
      socket.on("end", () => resolve(heard === "hello" ? undefined : "ended"));
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    const said = await outcome;
    socket.destroy();
    await new Promise((resolve) => listener.close(resolve));
    return said;
  }

  it("are believed by TLS where they are right, and nowhere else", async () => {
    assert.equal(await handshake(await leaf()), undefined);
    assert.equal(await handshake(await leaf({ names: ["other.local"] })), "ERR_TLS_CERT_ALTNAME_INVALID");
    assert.equal(await handshake(await leaf(over)), "CERT_HAS_EXPIRED");
    assert.equal(await handshake(await leaf({ usages: ["client"] })), "INVALID_PURPOSE");
    const stranger = await makeAuthority("Test root", valid);
    const theirs = await issueCertificate(stranger, {
      commonName: "a service",
      names: ["127.0.0.1"],
      usages: ["server"],
      ...valid,
    });
    assert.notEqual(await handshake(theirs), undefined);
  });

  it("chain over an authority in between", async () => {
    const between = await makeAuthority("Test intermediate", valid, root);
    const { certificate, key } = await issueCertificate(between, {
      commonName: "a service",
      names: ["127.0.0.1"],
      usages: ["server"],
      ...valid,
    });
    assert.equal(await handshake({ certificate, key }), "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    assert.equal(await handshake({ certificate: certificate + between.certificate, key }), undefined);
  });

  it("prove who a client is", async () => {
    const server = await leaf();
    const client = await leaf({ usages: ["client"] });
    assert.equal(await handshake(server, { cert: client.certificate, key: client.key }), undefined);
    const wrong = await leaf({ usages: ["server"] });
    assert.notEqual(await handshake(server, { cert: wrong.certificate, key: wrong.key }), undefined);
  });
});
