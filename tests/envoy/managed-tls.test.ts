import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { TestAuthority } from "../support/certificates.js";
import {
  type ControlPlane,
  runAppmesh,
  startControlPlane,
  temporaryFolder,
} from "../support/control-plane.js";
import { callAt, callThrough } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { Sidecar, until } from "../support/sidecar.js";
import { Traffic } from "../support/traffic.js";
import { appProgram, makeFrontAndApp, shownAt } from "./front-and-app.js";

const names = "spiffe://appmesh.local/mesh/shop/virtualNode";

describe("Managed TLS", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let traffic: Traffic;
  const [secrets, sidecars] = [temporaryFolder(), [] as Sidecar[]];
  let address: string;
  let front: string;

  before(async () => {
    controlPlane = await startControlPlane({ args: ["--xds-tls-self-signed"] });
    [address, front] = [await loopbackAddress(8080), await loopbackAddress()];
    await makeFrontAndApp(controlPlane, address);
    await issue("--node", "app", "--out", join(secrets, "app"));
    await issue("--node", "front", "--token", "--out", join(secrets, "front"));

    const sidecar = async (args: string[], command: string[], env?: NodeJS.ProcessEnv) => {
      const started = await Sidecar.start(
        ["--mesh", "shop", "--xds", controlPlane.xds, ...args],
        command,
        env,
      );
      sidecars.push(started);
      return started;
    };
    const file = (name: string) => join(secrets, "app", name);
    const [server, caller] = [
      await sidecar(
        [
          ...["--node", "app", "--address", address, "--xds-trust", file("ca.pem")],
          ...["--xds-certificate", file("certificate.pem"), "--xds-key", file("key.pem")],
        ],
        [process.execPath, "-e", appProgram],
      ),
      // As secrets reach a task of ECS.
      await sidecar(
        ["--node", "front", "--address", front],
        [process.execPath, "-e", "console.log('calling'); setInterval(() => {}, 1000)"],
        {
          APPMESH_XDS_TRUST: readFileSync(join(secrets, "front", "ca.pem"), "utf8"),
          APPMESH_XDS_TOKEN: readFileSync(join(secrets, "front", "token"), "utf8"),
        },
      ),
    ];
    await server.says("serving");
    await caller.says("calling");
    traffic = new Traffic(() => callThrough(`${front}:15001`, "http://app.local/"));
    await traffic.more(1);
  });
  after(async () => {
    await traffic?.stop();
    for (const sidecar of sidecars) {
      sidecar.kill("SIGTERM");
      await sidecar.ended;
    }
    await controlPlane?.stop();
  });

  const appmesh = async (...args: string[]) => {
    const { code, stdout, stderr } = await runAppmesh("identities", [
      ...args,
      "--endpoint",
      controlPlane.api,
    ]);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };
  const issue = (...args: string[]) => appmesh("issue", "--mesh", "shop", ...args);
  const settle = async (mode: string) => {
    const wanted = { OFF: undefined, PERMISSIVE: "both tls", STRICT: "tls tls" }[mode];
    const path = "/v1/meshes/shop/settings";
    const { status, body } = await controlPlane.call("PUT", path, { managedTls: { mode, settleSeconds: 2 } });
    assert.equal(status, 200, JSON.stringify(body));
    await until(async () => {
      const { managedTls } = (await controlPlane.call("GET", path)).body;
      return (managedTls && `${managedTls.listeners} ${managedTls.callers}`) === wanted;
    });
  };
  /** What the application's proxy shows of itself; undefined where it speaks no TLS. */
  const shown = () => shownAt(address);
  const plain = () =>
    callAt(`${address}:8080`, "/").then(
      ({ status }) => status,
      (error) => error.code,
    );
  /** How a caller fares that shows a certificate of somebody else's, or none. */
  const stranger = async (certificate?: { readonly chain: string; readonly key: string }) =>
    new Promise<string>((resolve) => {
      const socket = connect({
        ...{ host: address, port: 8080, rejectUnauthorized: false },
        ...(certificate && { cert: certificate.chain, key: certificate.key }),
      });
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      socket.on("data", () => {
        resolve("served");
        socket.destroy();
      });
      socket.on("end", () => resolve("ended"));
      socket.write("GET / HTTP/1.1\r\nhost: app.local\r\nconnection: close\r\n\r\n");
    });

  it("comes to be STRICT without a lost request, and then lets nobody else in", async () => {
    assert.deepEqual([await plain(), await shown()], [200, undefined]);
    await settle("STRICT");
    await traffic.more(20);
    assert.deepEqual(traffic.failed, []);
    await until(async () => (await plain()) === "ECONNRESET");
    const certificate = await shown();
    assert.equal(certificate?.subjectAltName, `URI:${names}/app`);
    const other = await TestAuthority.make("another");
    const forged = await other.issue({ uris: [`${names}/front`] });
    for (const caller of [undefined, forged]) {
      const answer = await stranger(caller);
      assert.match(answer, /^ERR_SSL_/, answer);
    }
    // What proves to the control plane who a proxy is proves nothing to other proxies.
    const ofProxy = {
      chain: readFileSync(join(secrets, "app", "certificate.pem"), "utf8"),
      key: readFileSync(join(secrets, "app", "key.pem"), "utf8"),
    };
    assert.match(await stranger(ofProxy), /^ERR_SSL_/);
    await traffic.more(20);
    assert.deepEqual(traffic.failed, []);
  });

  it("replaces its authority without a lost request", async () => {
    const before = await shown();
    const { authorities } = await appmesh("authorities");
    const [old] = authorities.filter(({ purpose }: { purpose: string }) => purpose === "workloads");
    const { authority } = await appmesh("create-authority", "--purpose", "workloads");
    await traffic.more(50);
    assert.equal((await shown())?.serialNumber, before?.serialNumber);
    await appmesh("use-authority", authority.authorityId);
    const next = new X509Certificate(authority.certificate);
    await until(async () => (await shown())?.checkIssued(next) === true);
    await traffic.more(50);
    await appmesh("remove-authority", old.authorityId);
    await traffic.more(50);
    assert.deepEqual(traffic.failed, []);
  });

  it("goes back to plain text without a lost request", async () => {
    await settle("OFF");
    await traffic.more(50);
    await until(async () => (await plain()) === 200 && (await shown()) === undefined);
    assert.deepEqual(traffic.failed, []);
  });

  it("leaves a proxy that is sent away what it has", async () => {
    const proxies = async () =>
      (await controlPlane.call("GET", "/v1/proxies")).body.proxies.map(
        ({ entity, identity }: { entity: string; identity: string }) => `${entity} ${identity.split(" ")[0]}`,
      );
    assert.deepEqual((await proxies()).sort(), ["virtualNode/app certificate", "virtualNode/front token"]);
    await appmesh("revoke", "--mesh", "shop", "--node", "front");
    await until(async () => (await proxies()).length === 1);
    await traffic.more(50);
    assert.deepEqual(traffic.failed, []);
    assert.match(
      controlPlane.log(),
      /"nodeId":"mesh\/shop\/virtualNode\/front".*"msg":"proxy mesh\/shop\/virtualNode\/front is sent away: what the proxy has shown has been taken back/,
    );
  });

  it("leaves no key and no token in the log", () => {
    const log = controlPlane.log();
    const token = readFileSync(join(secrets, "front", "token"), "utf8");
    const key = readFileSync(join(secrets, "app", "key.pem"), "utf8").split("\n")[1] as string;
    assert.deepEqual(
      [...token.split("."), key, "PRIVATE KEY"].filter((secret) => log.includes(secret)),
      [],
    );
  });
});
