import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type PeerCertificate } from "node:tls";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Backend, ListenerTls, TlsValidationContext, VirtualNodeSpec } from "@pulumi-appmesh/model";
import { CloudMapServer } from "../support/cloud-map.js";
import { type ControlPlane, startControlPlane, temporaryFolder } from "../support/control-plane.js";
import { answered, callThrough, echoServer, type TestServer } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { Sidecar, until } from "../support/sidecar.js";
import { python } from "../support/tools.js";
import { plainCall } from "./secure.js";

/** What tls-acm.py makes. */
interface InAws {
  readonly root: string;
  readonly other: string;
  readonly exportable: string;
  readonly public: string;
  readonly chain: string;
  readonly key: string;
}

/** Two sidecars, `appmesh serve`, and moto in the place of ACM and AWS Private CA. */
describe("TLS by certificates of AWS", function () {
  this.timeout(180_000);
  let aws: CloudMapServer;
  let made: InAws;
  let controlPlane: ControlPlane;
  let app: TestServer;
  let address: string;
  let front: string;
  const sidecars: Sidecar[] = [];
  const ports = { exported: 8080, issued: 8081, public: 8082 };

  before(async () => {
    aws = await CloudMapServer.start();
    [address, front] = [await loopbackAddress(...Object.values(ports)), await loopbackAddress()];
    const program = fileURLToPath(new URL("../../envoy/tls-acm.py", import.meta.url));
    const { stdout } = await promisify(execFile)(await python(), [program, aws.url, address]);
    made = JSON.parse(stdout);
    const folder = temporaryFolder();
    const file = { certificateChain: join(folder, "chain.pem"), privateKey: join(folder, "key.pem") };
    writeFileSync(file.certificateChain, made.chain);
    writeFileSync(file.privateKey, made.key, { mode: 0o600 });

    controlPlane = await startControlPlane({
      env: {
        AWS_ENDPOINT_URL_ACM: aws.url,
        AWS_ENDPOINT_URL_ACM_PCA: aws.url,
        AWS_ACCESS_KEY_ID: "tests",
        AWS_SECRET_ACCESS_KEY: "tests",
      },
    });
    app = await echoServer("app");
    const strict = (certificate: ListenerTls["certificate"]): ListenerTls => ({
      mode: "STRICT",
      certificate,
    });
    const listeners = {
      exported: strict({ acm: { certificateArn: made.exportable } }),
      issued: strict({ file }),
      public: strict({ acm: { certificateArn: made.public } }),
    };
    const node = (...of: (keyof typeof ports)[]): VirtualNodeSpec => ({
      listeners: of.map((name) => ({
        portMapping: { port: ports[name], protocol: "http" },
        tls: listeners[name],
      })),
      serviceDiscovery: { dns: { hostname: address } },
    });
    const trust = (...certificateAuthorityArns: string[]): TlsValidationContext => ({
      trust: { acm: { certificateAuthorityArns } },
    });
    await put("", { meshName: "shop" });
    await put("/shop/virtualNodes", {
      virtualNodeName: "app",
      spec: node("exported", "issued", "public"),
    });
    const backends: Backend[] = [];
    const call = async (name: string, spec: VirtualNodeSpec, validation?: TlsValidationContext) => {
      await put("/shop/virtualNodes", { virtualNodeName: name, spec });
      await put("/shop/virtualServices", {
        virtualServiceName: `${name}.local`,
        spec: { provider: { virtualNode: { virtualNodeName: name } } },
      });
      const clientPolicy = validation && { clientPolicy: { tls: { validation } } };
      backends.push({ virtualService: { virtualServiceName: `${name}.local`, ...clientPolicy } });
    };
    await call("exported", node("exported"));
    await call("issued", node("issued"), trust(made.other, made.root));
    await call("issued-by-another", node("issued"), trust(made.other));
    await call("issued-by-nobody", node("issued"), trust(made.other, `${made.root}0`));
    await put("/shop/virtualNodes", { virtualNodeName: "front", spec: { backends } });
    await start("app", address, "--app-port", String(app.port));
    await start("front", front);
  });
  after(async () => {
    for (const sidecar of sidecars) sidecar.kill("SIGTERM");
    for (const sidecar of sidecars) await sidecar.ended;
    await controlPlane?.stop();
    await app?.close();
    await aws?.close();
  });

  async function put(path: string, body: object): Promise<void> {
    const { status, body: answer } = await controlPlane.call("PUT", `/v20190125/meshes${path}`, body);
    assert.equal(status, 200, JSON.stringify(answer));
  }
  async function start(node: string, at: string, ...more: string[]): Promise<void> {
    const args = ["--mesh", "shop", "--node", node, "--xds", controlPlane.xds, "--address", at, ...more];
    sidecars.push(await Sidecar.start(args, ["sleep", "1000"]));
  }
  const called = async (name: string, port: number) => {
    const answer = await callThrough(`${front}:15001`, `http://${name}.local:${port}/`);
    return answered(answer).replace(/^503 upstream connect error.*/, "refused");
  };
  /** One of the certificates cannot be had: proxies wait for it for some seconds, and then do all the rest. */
  const ready = () =>
    until(() =>
      called("issued", ports.issued).then(
        (answer) => answer === "app",
        () => false,
      ),
    );
  const shown = (port: number) =>
    new Promise<PeerCertificate>((resolve, reject) => {
      const socket = connect({ port, host: address, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate());
        socket.destroy();
      });
      socket.on("error", reject);
    });

  // Shows: virtualNode.listeners[].tls.certificate.acm.certificateArn
  it("is shown by a listener as ACM exports it, and not believed by callers whom its chain does not convince", async () => {
    await ready();
    const { subject, issuer } = await shown(ports.exported);
    // moto's certificates have an issuer that does not stand in the chain which it tells.
    assert.deepEqual([subject.CN, issuer.CN], [address, "Amazon"]);
    assert.equal(await called("exported", ports.exported), "refused");
  });

  // Shows: virtualNode.backends[].virtualService.clientPolicy.tls.validation.trust.acm.certificateAuthorityArns[]
  it("is checked by a policy against the authorities that it names", async () => {
    await ready();
    assert.equal(await called("issued", ports.issued), "app");
    assert.equal(await called("issued-by-another", ports.issued), "refused");
  });

  it("stays shut where a certificate or an authority cannot be had, and the log says why", async () => {
    await ready();
    assert.equal(await called("issued-by-nobody", ports.issued), "refused");
    assert.equal(await plainCall(`${address}:${ports.public}`), "ECONNRESET");
    const told = controlPlane
      .log()
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line).msg as string);
    const consequence = "until then connections that need it are refused";
    for (const message of [
      `AWS Private CA has no ${made.root}0: create it, or name another`,
      `mesh shop: virtualNode/front, spec.backends[3].virtualService.clientPolicy.tls.validation.trust.acm: ` +
        `AWS Private CA has no ${made.root}0: create it, or name another; ${consequence}`,
      `AWS Certificate Manager does not give ${made.public}: Certificate ARN: ${made.public} is not a private ` +
        "certificate. Only issued, private certificates can be exported",
    ]) {
      assert.ok(told.includes(message), `${message}\nis not among\n${told.join("\n")}`);
    }
  });

  it("leaves its private key where nobody reads it", async () => {
    await ready();
    const told = [controlPlane.log()];
    for (const path of [
      "/v1/proxies",
      "/v1/diagnostics?mesh=shop",
      "/v20190125/meshes/shop/virtualNodes/app",
    ]) {
      const { status, body } = await controlPlane.call("GET", path);
      assert.equal(status, 200, path);
      told.push(JSON.stringify(body));
    }
    const [, proxies = ""] = told;
    assert.match(proxies, /"secrets":\{"version"/);
    assert.doesNotMatch(told.join(""), /PRIVATE|BEGIN/);
    // The proxy has it, and does not show it either.
    const admin = await (await fetch(`http://${sidecars[0]?.admin()}/config_dump`)).text();
    assert.match(admin, /\[redacted\]/);
    assert.doesNotMatch(admin, /PRIVATE/);
  });
});
