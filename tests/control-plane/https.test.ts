import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { type CertifiedKey, TestAuthority } from "../support/certificates.js";
import { runAppmesh, startControlPlane, temporaryFolder } from "../support/control-plane.js";
import { RawConnection } from "../support/raw-http.js";
import { Boto3, caOf, first } from "./callers.js";

const silent = ["--log-level", "silent"];

describe("The API over HTTPS", function () {
  this.timeout(180_000);
  let boto3: Boto3;
  before(async () => {
    boto3 = await Boto3.start();
  });
  after(() => boto3.stop());

  it("is what an address off this machine needs, and keys", async () => {
    const data = temporaryFolder();
    const serve = (...args: string[]) =>
      ["serve", ["--api", "0.0.0.0:0", "--xds", "127.0.0.1:0", "--data", data, ...silent, ...args]] as const;
    const overHttp =
      "appmesh serve: the API at 0.0.0.0:0 would be read and changed on its way by whoever is on it. Serve it over " +
      "HTTPS, by --tls-cert FILE --tls-key FILE or --tls-self-signed; or say --insecure-http, where something in front " +
      "of it speaks HTTPS; or keep it on this machine by --api 127.0.0.1:7070\n";
    const toAll =
      "appmesh serve: the API at 0.0.0.0:0 would be open to whoever reaches that address. Give an access key in " +
      `APPMESH_ACCESS_KEY_ID and APPMESH_SECRET_ACCESS_KEY, or make one by appmesh keys create --data ${data}, ` +
      "or keep it on this machine by --api 127.0.0.1:7070\n";
    assert.deepEqual(await runAppmesh(...serve(), { accessKey: first }), {
      code: 1,
      stdout: "",
      stderr: overHttp,
    });
    assert.deepEqual(await runAppmesh(...serve("--tls-self-signed")), { code: 1, stdout: "", stderr: toAll });
    const short = { ...first, secretAccessKey: "nineteen-characters" };
    assert.deepEqual(await runAppmesh(...serve("--tls-self-signed"), { accessKey: short }), {
      code: 1,
      stdout: "",
      stderr:
        "appmesh serve: APPMESH_SECRET_ACCESS_KEY has 19 characters. For an address that others reach, " +
        "give at least 20 random ones, or a key that appmesh keys create makes\n",
    });
    const cases: [string[], string][] = [
      [
        ["--tls-self-signed", "--audit", join(data, "none", "audit")],
        `appmesh serve: the audit file ${join(data, "none", "audit")} cannot be written: ENOENT: no such file or directory, ` +
          `open '${join(data, "none", "audit")}'. Give another one, by --audit FILE\n`,
      ],
    ];
    for (const [args, stderr] of cases)
      assert.deepEqual(await runAppmesh(...serve(...args), { accessKey: first }), {
        code: 1,
        stdout: "",
        stderr,
      });
    for (const option of ["--insecure-http", "--tls-self-signed"]) {
      const controlPlane = await startControlPlane({ accessKey: first, api: "0.0.0.0:0", args: [option] });
      const endpoint = controlPlane.api.replace("0.0.0.0", "127.0.0.1");
      const asked = { endpoint, ca: caOf(controlPlane), key: first, operation: "list_meshes" };
      assert.deepEqual(await boto3.call(asked), { output: { meshes: [] } });
      await controlPlane.stop();
    }
  });

  it("shows the certificate that is in its files now", async () => {
    const authority = await TestAuthority.make();
    const issue = (commonName: string) => authority.issue({ commonName, names: ["127.0.0.1"] });
    const [one, two] = [await issue("one"), await issue("two")];
    const folder = temporaryFolder();
    const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    const put = ({ certificate, key }: CertifiedKey) => {
      writeFileSync(certFile, certificate);
      writeFileSync(keyFile, key);
    };
    put(one);
    const controlPlane = await startControlPlane({
      accessKey: first,
      args: ["--tls-cert", certFile, "--tls-key", keyFile],
    });
    const port = Number(new URL(controlPlane.api).port);
    const shown = async () => {
      const socket = connect({ port, host: "127.0.0.1", ca: authority.certificate });
      await once(socket, "secureConnect");
      const { CN } = socket.getPeerCertificate().subject;
      socket.destroy();
      return CN;
    };
    assert.equal(await shown(), "one");
    put(two);
    process.kill(controlPlane.pid, "SIGHUP");
    while ((await shown()) !== "two") await sleep(50);
    const asked = { endpoint: controlPlane.api, key: first, operation: "list_meshes" };
    assert.deepEqual(await boto3.call({ ...asked, ca: authority.certificateFile }), {
      output: { meshes: [] },
    });
    const stranger = await TestAuthority.make("Other CA");
    assert.deepEqual(await boto3.call({ ...asked, ca: stranger.certificateFile }), { type: "SSLError" });
    await controlPlane.stop();
  });

  it("tells in the log that a certificate in its files has ended, and of the one for proxies", async () => {
    const authority = await TestAuthority.make();
    const { chainFile, keyFile } = await authority.issue({ names: ["127.0.0.1"], when: "expired" });
    const controlPlane = await startControlPlane({
      accessKey: first,
      args: [
        ...["--tls-cert", chainFile, "--tls-key", keyFile],
        ...["--xds-tls-cert", chainFile, "--xds-tls-key", keyFile],
      ],
    });
    const said = controlPlane
      .log()
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as { level: number; certFile?: string; msg: string })
      .filter(({ certFile }) => certFile === chainFile)
      .map(({ level, msg }) => [level, msg.replace(/at \S+Z/, "at TIME")]);
    const ended =
      "has ended at TIME: whoever checks it does not connect. Move another one, with its key, into the place of its files";
    assert.deepEqual(said.sort(), [
      [50, `the API's certificate ${ended}`],
      [50, `the certificate for proxies ${ended}`],
    ]);
    await controlPlane.stop();
  });

  it("goes on after what is no TLS, or breaks off", async () => {
    const controlPlane = await startControlPlane({
      accessKey: first,
      args: ["--tls-self-signed", "--log-level", "debug"],
    });
    const { hostname, port } = new URL(controlPlane.api);
    for (const bytes of [
      "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n",
      "\u0016\u0003\u0001",
      "\0".repeat(9000),
    ]) {
      const connection = await RawConnection.open(`http://${hostname}:${port}`);
      connection.send(Buffer.from(bytes, "latin1"));
      connection.socket.end();
      await connection.ended();
      connection.close();
    }
    const asked = {
      endpoint: controlPlane.api,
      ca: caOf(controlPlane),
      key: first,
      operation: "list_meshes",
    };
    assert.deepEqual(await boto3.call(asked), { output: { meshes: [] } });
    assert.match(controlPlane.log(), /"msg":"refused what is no TLS 1\.2 or later"/);
    await controlPlane.stop();
  });
});
