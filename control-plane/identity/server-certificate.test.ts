import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type Server } from "node:tls";
import { type CertifiedKey, issueCertificate, makeAuthority } from "./certificates.js";
import { selfSigned } from "./self-signed.js";
import { CertificateError, ServerCertificate } from "./server-certificate.js";

const DAY = 24 * 60 * 60 * 1000;
const NOW = Date.now();

describe("The API's certificate", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "appmesh-tls-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  describe("of an authority of its own", () => {
    const names = ["localhost", "127.0.0.1", "::1", "mesh.example.com"];
    const server = (file: string) => new X509Certificate(readFileSync(file));
    const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);

    it("is made once, for all names, with keys for nobody else's eyes", async () => {
      const inner = join(folder, "data", "tls");
      const made = await selfSigned(inner, names);
      assert.deepEqual(made, {
        caFile: join(inner, "ca.pem"),
        certFile: join(inner, "server.pem"),
        keyFile: join(inner, "server.pem"),
      });
      assert.deepEqual([inner, made.caFile, join(inner, "ca-key.pem"), made.keyFile].map(modeOf), [
        "700",
        "644",
        "600",
        "600",
      ]);
      const certificate = server(made.certFile);
      const authority = server(made.caFile);
      assert.ok(certificate.verify(authority.publicKey) && authority.ca && !certificate.ca);
      for (const name of ["localhost", "mesh.example.com"]) assert.equal(certificate.checkHost(name), name);
      for (const name of ["127.0.0.1", "::1"]) assert.equal(certificate.checkIP(name), name);
      assert.equal(certificate.checkHost("example.com"), undefined);
      const before = readFileSync(made.certFile, "utf8");
      await selfSigned(inner, names.slice(0, 2));
      assert.equal(readFileSync(made.certFile, "utf8"), before);
    });

    it("is made anew for another name, near its end, and where its file is damaged; the authority is not", async () => {
      const { caFile, certFile } = await selfSigned(folder, names, NOW);
      const authority = readFileSync(caFile, "utf8");
      const serials = [server(certFile).serialNumber];
      const again = async (now: number, asked = names) => {
        await selfSigned(folder, asked, now);
        serials.push(server(certFile).serialNumber);
      };
      await again(NOW + 366 * DAY);
      assert.equal(serials[1], serials[0]);
      await again(NOW + 368 * DAY);
      await again(NOW, [...names, "other.example.com"]);
      writeFileSync(certFile, "damaged");
      await again(NOW);
      assert.equal(new Set(serials).size, 4);
      assert.equal(readFileSync(caFile, "utf8"), authority);
    });

    it("is not made by half an authority", async () => {
      const { caFile } = await selfSigned(folder, names);
      const keyFile = join(folder, "ca-key.pem");
      const wayOut = `Put both back, or remove ${folder} to have another one made, which clients must then be given`;
      const other = await makeAuthority("other", {
        notBefore: new Date(NOW - DAY),
        notAfter: new Date(NOW + DAY),
      });
      writeFileSync(keyFile, other.key);
      await assert.rejects(selfSigned(folder, names), {
        name: "CertificateError",
        message: `the authority in ${caFile} and ${keyFile} cannot be used: the key is not the certificate's. ${wayOut}`,
      });
      rmSync(keyFile);
      await assert.rejects(selfSigned(folder, names), CertificateError);
      await assert.rejects(selfSigned(folder, names, NOW + 11 * 365 * DAY), CertificateError);
    });
  });

  describe("in files", () => {
    let authority: CertifiedKey;
    let listener: Server;
    const validity = { notBefore: new Date(NOW - DAY), notAfter: new Date(NOW + DAY) };
    const issue = (commonName: string) =>
      issueCertificate(authority, { commonName, names: ["127.0.0.1"], usages: ["server"], ...validity });
    const files = () => ({ certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") });
    const put = ({ certificate, key }: CertifiedKey) => {
      writeFileSync(files().certFile, certificate);
      writeFileSync(files().keyFile, key);
    };
    before(async () => {
      authority = await makeAuthority("Test CA", validity);
    });
    afterEach(() => listener?.close());

    async function shown(): Promise<string> {
      const { port } = listener.address() as AddressInfo;
      const socket = connect({ port, host: "127.0.0.1", ca: authority.certificate });
      await once(socket, "secureConnect");
      const { subject } = socket.getPeerCertificate();
      socket.destroy();
      return String(subject.CN);
    }

    it("is shown to new connections as soon as both files fit, and the last one until then", async () => {
      put(await issue("one"));
      const said: string[] = [];
      const certificate = ServerCertificate.open({
        ...files(),
        onReloaded: () => said.push("reloaded"),
        onFailure: ({ message }) => said.push(message),
      });
      listener = createServer(certificate.tls, (socket) => socket.end());
      listener.on("tlsClientError", () => {});
      await once(listener.listen(0, "127.0.0.1"), "listening");
      certificate.follow(listener);
      assert.equal(await shown(), "one");
      const two = await issue("two");
      writeFileSync(files().certFile, two.certificate);
      certificate.reload();
      certificate.reload();
      assert.equal(await shown(), "one");
      writeFileSync(files().keyFile, two.key);
      certificate.reload();
      certificate.reload();
      assert.equal(await shown(), "two");
      // As it is for a moment where it is copied over, and not moved.
      writeFileSync(files().certFile, "");
      certificate.reload();
      assert.equal(await shown(), "two");
      writeFileSync(files().certFile, two.certificate);
      certificate.reload();
      rmSync(files().keyFile);
      certificate.reload();
      assert.equal(await shown(), "two");
      assert.deepEqual(said, [
        `the certificate in ${files().certFile} and the private key in ${files().keyFile} cannot be used: ` +
          "error:05800074:x509 certificate routines::key values mismatch. " +
          "Both must be PEM, the server's own certificate the first one, and the key its own and without a passphrase",
        "reloaded",
        `the certificate cannot be used: ${files().certFile} is empty`,
        `the private key cannot be read: ENOENT: no such file or directory, open '${files().keyFile}'`,
      ]);
      certificate.close();
    });

    it("is found to have changed by itself", async () => {
      put(await issue("one"));
      const reloaded = new Promise<void>((resolve) => {
        const certificate = ServerCertificate.open({ ...files(), onReloaded: resolve });
        listener = createServer(certificate.tls, (socket) => socket.end());
        certificate.follow(listener);
      });
      await once(listener.listen(0, "127.0.0.1"), "listening");
      put(await issue("two"));
      // Its timer does not keep a process alive.
      const alive = setInterval(() => {}, 1000);
      await reloaded;
      clearInterval(alive);
      assert.equal(await shown(), "two");
    });

    it("speaks TLS 1.2 and later only", async () => {
      put(await issue("one"));
      const certificate = ServerCertificate.open(files());
      assert.equal(certificate.tls.minVersion, "TLSv1.2");
      listener = createServer({ ...certificate.tls, ciphers: "DEFAULT@SECLEVEL=0" }, (socket) =>
        socket.end(),
      );
      listener.on("tlsClientError", () => {});
      await once(listener.listen(0, "127.0.0.1"), "listening");
      const { port } = listener.address() as AddressInfo;
      const with_ = async (maxVersion: "TLSv1.1" | "TLSv1.2") => {
        const socket = connect({
          port,
          host: "127.0.0.1",
          ca: authority.certificate,
          minVersion: "TLSv1",
          maxVersion,
          ciphers: "DEFAULT@SECLEVEL=0",
        });
        const outcome = await Promise.race([
          once(socket, "secureConnect").then(() => socket.getProtocol()),
          once(socket, "error").then(([error]) => (error as NodeJS.ErrnoException).code),
        ]).catch((error: NodeJS.ErrnoException) => error.code);
        socket.destroy();
        return outcome;
      };
      assert.equal(await with_("TLSv1.2"), "TLSv1.2");
      assert.notEqual(await with_("TLSv1.1"), "TLSv1.1");
    });

    it("is not opened where it cannot be used, and says why", async () => {
      assert.throws(() => ServerCertificate.open(files()), {
        name: "CertificateError",
        message: `the certificate cannot be read: ENOENT: no such file or directory, open '${files().certFile}'`,
      });
      const one = await issue("one");
      put({ ...one, key: (await issue("two")).key });
      assert.throws(() => ServerCertificate.open(files()), CertificateError);
      put({ ...one, certificate: "no PEM" });
      assert.throws(() => ServerCertificate.open(files()), CertificateError);
      put({ ...one, certificate: "" });
      assert.throws(() => ServerCertificate.open(files()), {
        name: "CertificateError",
        message: `the certificate cannot be used: ${files().certFile} is empty`,
      });
      put({ ...one, key: "\n" });
      assert.throws(() => ServerCertificate.open(files()), {
        name: "CertificateError",
        message: `the private key cannot be used: ${files().keyFile} is empty`,
      });
      put({ ...one, certificate: one.key });
      assert.throws(() => ServerCertificate.open(files()), CertificateError);
      put(one);
      chmodSync(files().keyFile, 0o600);
      ServerCertificate.open(files());
    });
  });
});
