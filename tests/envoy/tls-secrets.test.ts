import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { withCertificates } from "@pulumi-appmesh/control-plane/certificates/with-certificates.js";
import type { MeshChange, MeshSource } from "@pulumi-appmesh/control-plane/source/mesh-source.js";
import { entitiesOf, type MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import type { ExportedCertificate, Interception } from "@pulumi-appmesh/control-plane/translate/entities.js";
import { translate } from "@pulumi-appmesh/control-plane/translate/translate.js";
import { XdsServer } from "@pulumi-appmesh/control-plane/xds/server.js";
import type { ListenerTls } from "@pulumi-appmesh/model";
import { pino } from "pino";
import { type Issued, TestAuthority } from "../support/certificates.js";
import { loopbackAddress } from "../support/loopback.js";
import { SecretDiscovery } from "../support/secret-discovery.js";
import { Sidecar, until } from "../support/sidecar.js";
import { Envoy } from "../xds/envoy.js";
import { Started } from "./mesh.js";
import { plainCall, secureCall } from "./secure.js";

/** One virtual node `app`, whose sidecar is plain Envoy with the product's own bootstrap, on a real control plane. */
describe("secrets of a sidecar", function () {
  this.timeout(180_000);
  const started = new Started();
  let authority: TestAuthority;
  let folder: string;
  const ends: (() => Promise<unknown>)[] = [];
  before(async () => {
    authority = await TestAuthority.make();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "appmesh-secrets-"));
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    await started.end();
    rmSync(folder, { recursive: true });
  });

  /** Puts files in their places all at once, as one does who renews certificates. */
  const place = (name: string, { chain, key }: Issued) => {
    for (const [file, text] of [
      [`${name}.key`, key],
      [`${name}.pem`, chain],
    ] as const) {
      writeFileSync(join(folder, `${file}.new`), text, { mode: 0o600 });
      renameSync(join(folder, `${file}.new`), join(folder, file));
    }
  };
  const placed = (name: string): ListenerTls => ({
    mode: "STRICT",
    certificate: {
      file: { certificateChain: join(folder, `${name}.pem`), privateKey: join(folder, `${name}.key`) },
    },
  });

  class Mesh implements MeshSource {
    readonly #listeners = new Set<(change: MeshChange) => void>();
    constructor(public document: MeshDocument) {}
    entities = () => entitiesOf(this.document);
    subscribe(listener: (change: MeshChange) => void) {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    }
    change(document: MeshDocument) {
      this.document = document;
      const reads = ["virtualNode/app"];
      for (const listener of this.#listeners)
        listener({ meshName: "shop", meshOwner: "000000000000", reads });
    }
  }

  const node = (listeners: Readonly<Record<number, ListenerTls>>): MeshDocument => ({
    meshName: "shop",
    virtualNodes: {
      app: {
        listeners: Object.entries(listeners).map(([port, tls]) => ({
          portMapping: { port: Number(port), protocol: "http" },
          tls,
        })),
        serviceDiscovery: { dns: { hostname: "app.local" } },
      },
    },
  });

  const log: string[] = [];
  async function serve(source: MeshSource): Promise<XdsServer & { readonly at: string }> {
    log.length = 0;
    const server = new XdsServer({
      source,
      log: pino({ level: "debug" }, { write: (line: string) => log.push(line) }),
    });
    const { host, port } = await server.listen("127.0.0.1", 0);
    ends.push(() => server.close());
    return Object.assign(server, { at: `${host}:${port}` });
  }

  async function sidecar(xds: string, address: string, appPort: number, ...more: string[]): Promise<Sidecar> {
    const options = ["--mesh", "shop", "--node", "app", "--xds", xds, "--address", address];
    const started = await Sidecar.start(
      [...options, "--app-port", String(appPort), ...more],
      ["node", "-e", "setInterval(() => {}, 1000)"],
    );
    ends.push(() => {
      started.kill("SIGTERM");
      return started.ended;
    });
    return started;
  }

  /** Who stands in the certificate that a new connection is shown. */
  const shown = (address: string, port: number): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect({ host: address, port, servername: "app.local", ca: authority.certificate });
      socket.on("secureConnect", () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      });
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  const issue = (commonName: string) => authority.issue({ commonName, names: ["app.local"] });

  it("are files that are read again when others are moved into their places; open connections stay", async () => {
    const app = await started.server("app");
    place("app", await issue("first"));
    const address = await loopbackAddress(8080);
    const { at } = await serve(new Mesh(node({ 8080: placed("app") })));
    await sidecar(at, address, app.port);
    await until(async () => (await shown(address, 8080)) === "first");

    const open = await opened(address, 8080);
    assert.equal(await answer(open), "HTTP/1.1 200 OK");
    place("app", await issue("second"));
    await until(async () => (await shown(address, 8080)) === "second");
    assert.equal(open.getPeerCertificate().subject.CN, "first");
    assert.equal(await answer(open), "HTTP/1.1 200 OK");
    open.destroy();

    // Files that make no sense change nothing.
    writeFileSync(join(folder, "bad"), "nonsense");
    renameSync(join(folder, "bad"), join(folder, "app.pem"));
    place("app", await issue("third"));
    await until(async () => (await shown(address, 8080)) === "third");
  });

  const opened = (address: string, port: number): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const socket = connect(
        { host: address, port, servername: "app.local", ca: authority.certificate },
        () => resolve(socket),
      );
      socket.on("error", reject);
    });
  const answer = (socket: TLSSocket): Promise<string> =>
    new Promise((resolve, reject) => {
      socket.once("data", (chunk) => resolve(String(chunk).split("\r\n")[0] ?? ""));
      socket.once("close", () => reject(new Error("the connection has ended")));
      socket.write("GET / HTTP/1.1\r\nhost: app.local\r\n\r\n");
    });

  it("are files in a folder whose link is exchanged, as Kubernetes does with secrets; authorities too", async () => {
    const app = await started.server("app");
    const stranger = await TestAuthority.make("A stranger");
    const client = await authority.issue({ commonName: "client" });
    /** A new folder behind the link `..data`, in one step. */
    const exchange = async (version: string, trusted: TestAuthority) => {
      const { chain, key } = await issue(version);
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, "tls.crt"), chain);
      writeFileSync(join(folder, version, "tls.key"), key, { mode: 0o600 });
      writeFileSync(join(folder, version, "ca.crt"), trusted.certificate);
      symlinkSync(version, join(folder, "..new"));
      renameSync(join(folder, "..new"), join(folder, "..data"));
    };
    await exchange("v1", authority);
    for (const file of ["tls.crt", "tls.key", "ca.crt"]) {
      symlinkSync(join("..data", file), join(folder, file));
    }
    const file = { certificateChain: join(folder, "tls.crt"), privateKey: join(folder, "tls.key") };
    const address = await loopbackAddress(8080);
    const { at } = await serve(
      new Mesh(
        node({
          8080: {
            mode: "STRICT",
            certificate: { file },
            validation: { trust: { file: { certificateChain: join(folder, "ca.crt") } } },
          },
        }),
      ),
    );
    await sidecar(at, address, app.port);
    const call = () => secureCall(`${address}:8080`, { authority, client, servername: "app.local" });
    await until(async () => (await call()) === "app");
    assert.equal(await shown(address, 8080), "v1");
    await exchange("v2", stranger);
    await until(async () => (await shown(address, 8080)) === "v2" && (await call()) !== "app");
    await exchange("v3", authority);
    await until(async () => (await shown(address, 8080)) === "v3" && (await call()) === "app");
  });

  it("that are missing cost their own listener alone, until they are there, and the control plane says which", async () => {
    const app = await started.server("app");
    for (const name of ["a", "c"]) place(name, await issue(name));
    const address = await loopbackAddress(8080, 8081, 8082);
    const server = await serve(
      new Mesh(node({ 8080: placed("a"), 8081: placed("missing"), 8082: placed("c") })),
    );
    await sidecar(server.at, address, app.port);
    await until(async () => (await shown(address, 8082)) === "c" && (await shown(address, 8080)) === "a");
    assert.equal(await shown(address, 8081), "ECONNRESET");
    assert.equal(await plainCall(`${address}:8081`), "ECONNRESET");
    assert.equal(app.requests, 0);
    const { error } = server.proxies()[0]?.resources.secrets ?? {};
    assert.deepEqual(
      [error?.resources, error?.entities],
      [
        [`certificate:file:${join(folder, "missing.pem")}:${join(folder, "missing.key")}`],
        ["virtualNode/app"],
      ],
    );
    assert.match(error?.reason ?? "", /missing\.(pem|key)/);
    place("missing", await issue("late"));
    await until(async () => (await shown(address, 8081)) === "late");
  });

  it("come one by one to a state-of-the-world client, such as AWS's own sidecar, too", async () => {
    const app = await started.server("app");
    for (const name of ["a", "c"]) place(name, await issue(name));
    const address = await loopbackAddress(8080, 8081, 8082);
    const source = new Mesh(node({ 8080: placed("a"), 8081: placed("missing"), 8082: placed("c") }));
    const interception: Interception = { mode: "explicit", address, appPorts: { "*": app.port } };
    const server = new XdsServer({
      source,
      log: pino({ level: "silent" }),
      translate: (entities, proxy) => translate(entities, { ...proxy, interception }),
    });
    const xds = await server.listen("127.0.0.1", 0);
    ends.push(() => server.close());
    const envoy = await Envoy.start({
      nodeId: "mesh/shop/virtualNode/app",
      xds,
      protocol: "stateOfTheWorld",
    });
    ends.push(() => envoy.stop());
    await until(async () => (await shown(address, 8080)) === "a" && (await shown(address, 8082)) === "c");
    assert.equal(await shown(address, 8081), "ECONNRESET");
    place("a", await issue("b"));
    await until(async () => (await shown(address, 8080)) === "b");
    // A listener that comes names a secret that the proxy has, one that goes was the last to name another.
    source.change(node({ 8080: placed("a"), 8081: placed("a") }));
    await until(async () => (await shown(address, 8081)) === "b");
    assert.equal(await shown(address, 8080), "b");
  });

  // Shows: virtualNode.listeners[].tls.{certificate.sds.secretName,validation.trust.sds.secretName}
  it("come from a secret discovery service beside it, which changes them as it likes", async () => {
    const app = await started.server("app");
    const socket = join(folder, "sds.sock");
    const discovery = await SecretDiscovery.listen(socket);
    ends.push(() => discovery.close());
    const client = await authority.issue({ uris: ["spiffe://shop/front"] });
    discovery.certificate("spiffe://shop/app", await issue("first"));
    discovery.trust("spiffe://shop", authority.certificate);
    const address = await loopbackAddress(8080);
    const tls: ListenerTls = {
      mode: "STRICT",
      certificate: { sds: { secretName: "spiffe://shop/app" } },
      validation: {
        trust: { sds: { secretName: "spiffe://shop" } },
        subjectAlternativeNames: { match: { exact: ["spiffe://shop/front"] } },
      },
    };
    const { at } = await serve(new Mesh(node({ 8080: tls })));
    await sidecar(at, address, app.port, "--sds-socket", socket);
    const call = (of?: Issued) =>
      secureCall(`${address}:8080`, { authority, servername: "app.local", ...(of ? { client: of } : {}) });
    await until(async () => (await call(client)) === "app");
    assert.notEqual(await call(), "app");
    assert.deepEqual(discovery.asked, new Set(["spiffe://shop/app", "spiffe://shop"]));

    discovery.trust("spiffe://shop", (await TestAuthority.make("Another")).certificate);
    await until(async () => (await call(client)) !== "app");
    discovery.trust("spiffe://shop", authority.certificate);
    discovery.certificate("spiffe://shop/app", await issue("second"));
    await until(async () => (await shown(address, 8080)) === "second" && (await call(client)) === "app");
  });

  // Shows: virtualNode.listeners[].tls.certificate.acm.certificateArn
  it("come from ACM over the control plane, are renewed, stay while AWS is away, and never stand in a log", async () => {
    const app = await started.server("app");
    const arn = "arn:aws:acm:us-east-1:000000000000:certificate/app";
    const exported = ({ certificate, key }: Issued): ExportedCertificate => ({
      certificate,
      issuers: authority.certificate,
      privateKey: key,
    });
    let inAcm: ExportedCertificate | undefined;
    const acm = {
      certificate: async () => {
        if (inAcm === undefined) throw new Error("AWS is away");
        return inAcm;
      },
      authority: async () => ({ certificates: authority.certificate }),
    };
    const mesh = new Mesh(node({ 8080: { mode: "STRICT", certificate: { acm: { certificateArn: arn } } } }));
    const start = async () => {
      const source = withCertificates(mesh, { source: acm, intervalMillis: 50 });
      ends.push(async () => source.close());
      return serve(source);
    };
    const first = await issue("first");
    inAcm = exported(first);
    const address = await loopbackAddress(8080);
    const server = await start();
    await sidecar(server.at, address, app.port);
    await until(async () => (await shown(address, 8080)) === "first");
    const second = await issue("second");
    inAcm = exported(second);
    await until(async () => (await shown(address, 8080)) === "second");
    inAcm = undefined;

    // A control plane that comes back while AWS is away has no certificate: its proxies keep theirs.
    const [, port] = server.at.split(":");
    await server.close();
    const again = withCertificates(mesh, { source: acm, intervalMillis: 50 });
    ends.push(async () => again.close());
    const restarted = new XdsServer({
      source: again,
      log: pino({ level: "debug" }, { write: (line: string) => log.push(line) }),
    });
    await restarted.listen("127.0.0.1", Number(port));
    ends.push(() => restarted.close());
    await until(() =>
      restarted.proxies().some(({ resources }) => resources.listeners?.acknowledged !== undefined),
    );
    assert.equal(await shown(address, 8080), "second");
    const third = await issue("third");
    inAcm = exported(third);
    await until(async () => (await shown(address, 8080)) === "third");

    const told = log.join("") + JSON.stringify(restarted.proxies());
    for (const { key } of [first, second, third]) {
      for (const line of key.split("\n").filter((text) => text.length > 20)) assert.ok(!told.includes(line));
    }
  });
});
