// Real Envoys that prove who they are, and whose proofs are replaced and taken back while traffic flows.
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type ControlPlane,
  runAppmesh,
  startControlPlane,
  temporaryFolder,
} from "../support/control-plane.js";
import { answered, callAt } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { Sidecar, until } from "../support/sidecar.js";

const app = `
  require("node:http")
    .createServer((request, response) => response.end(JSON.stringify({ server: "app", url: request.url })))
    .listen(Number(process.env.PORT), "127.0.0.1", () => console.log("serving"));
`;

describe("A sidecar off the control plane's machine", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let address: string;
  const sidecars: Sidecar[] = [];
  const secrets = temporaryFolder();
  before(async () => {
    controlPlane = await startControlPlane({ xds: "0.0.0.0:0", args: ["--xds-tls-self-signed"] });
    address = await loopbackAddress(8080);
    for (const [path, body] of [
      ["", { meshName: "shop" }],
      [
        "/shop/virtualNodes",
        {
          virtualNodeName: "app",
          spec: {
            listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
            serviceDiscovery: { dns: { hostname: address } },
          },
        },
      ],
    ] as const) {
      assert.equal((await controlPlane.call("PUT", `/v20190125/meshes${path}`, body)).status, 200);
    }
  });
  after(() => controlPlane?.stop());
  afterEach(async () => {
    for (const sidecar of sidecars.splice(0)) {
      sidecar.kill("SIGTERM");
      await sidecar.ended;
    }
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
  const xds = () => `127.0.0.1:${controlPlane.xds.split(":").at(-1)}`;
  const start = async (node: string, args: string[], command = [process.execPath, "-e", app]) => {
    const where = ["--mesh", "shop", "--node", node, "--xds", xds(), "--address", address];
    const sidecar = await Sidecar.start([...where, "--xds-trust", join(secrets, "ca.pem"), ...args], command);
    sidecars.push(sidecar);
    return sidecar;
  };
  const identities = async (): Promise<string[]> =>
    (await controlPlane.call("GET", "/v1/proxies")).body.proxies.map(
      ({ identity }: { identity: string }) => identity,
    );

  for (const [kind, issued, shown] of [
    [
      "certificate",
      [],
      ["--xds-certificate", join(secrets, "certificate.pem"), "--xds-key", join(secrets, "key.pem")],
    ],
    ["token", ["--token"], ["--xds-token", join(secrets, "token")]],
  ] as const) {
    it(`comes back with the ${kind} that its file has by then, when the old one is taken back`, async () => {
      const issue = async () =>
        (await appmesh("issue", "--mesh", "shop", "--node", "app", ...issued, "--out", secrets)).identity
          .identityId;
      const first = await issue();
      const sidecar = await start("app", [...shown]);
      await sidecar.says("serving");
      assert.deepEqual(await identities(), [`${kind} ${first}`]);
      const second = await issue();
      await appmesh("revoke", "--mesh", "shop", first);
      await until(async () => (await identities()).join() === `${kind} ${second}`);
      assert.equal(answered(await callAt(`${address}:8080`, "/")), "app");
      // Without another one it stays away, and serves on.
      await appmesh("revoke", "--mesh", "shop", second);
      await until(async () => (await identities()).length === 0);
      assert.equal(answered(await callAt(`${address}:8080`, "/")), "app");
    });
  }

  it("says why it gets nothing, and starts nothing", async () => {
    await appmesh("issue", "--mesh", "shop", "--node", "app", "--token", "--out", secrets);
    const token = ["--xds-token", join(secrets, "token"), "--start-timeout", "5"];
    for (const [node, args, reason] of [
      [
        "other",
        token,
        "the proxy is not one of mesh/shop@000000000000/virtualNode/other: what it has shown is a proof of " +
          "mesh/shop@000000000000/virtualNode/app",
      ],
      [
        "app",
        ["--start-timeout", "5"],
        "the proxy has not shown who it is: give it a certificate or a token, by appmesh identities issue",
      ],
    ] as const) {
      const sidecar = await start(node, [...args], ["echo", "started"]);
      assert.equal((await sidecar.ended).code, 1);
      assert.equal(sidecar.stdout, "");
      assert.match(
        sidecar.stderr,
        new RegExp(`gave up after 5 s of waiting for the control plane at ${xds()} `),
      );
      assert.ok(sidecar.stderr.includes(`(${reason})`), sidecar.stderr);
    }
  });
});

describe("appmesh sidecar, with files that are not there", function () {
  this.timeout(180_000);

  it("says so, and starts nothing", async () => {
    const missing = join(temporaryFolder(), "ca.pem");
    const sidecar = await Sidecar.start(
      ["--mesh", "shop", "--node", "app", "--address", await loopbackAddress(), "--xds-trust", missing],
      ["echo", "started"],
    );
    assert.equal((await sidecar.ended).code, 1);
    assert.deepEqual(
      [sidecar.stdout, sidecar.stderr],
      [
        "",
        `appmesh sidecar: what the control plane is known by or shown cannot be read: ENOENT: no such file or directory, access ` +
          `'${missing}'. appmesh identities issue --out FOLDER writes it\n`,
      ],
    );
  });
});

describe("appmesh serve, off this machine", function () {
  this.timeout(180_000);
  const refused = async (...args: string[]) => {
    const { code, stdout, stderr } = await runAppmesh("serve", [
      ...["--api", "127.0.0.1:0", "--data", temporaryFolder(), "--log-level", "silent"],
      ...args,
    ]);
    assert.deepEqual([code, stdout], [1, ""]);
    return stderr;
  };

  it("serves proxies over TLS only", async () => {
    assert.equal(
      await refused("--xds", "0.0.0.0:0"),
      "appmesh serve: xDS at 0.0.0.0:0 is refused without TLS: off this machine, proxies get their configuration and keys over " +
        "TLS, and prove who they are. Say --xds-tls-self-signed, or --xds-tls-cert FILE --xds-tls-key FILE; or keep it on this " +
        "machine by --xds 127.0.0.1:18000\n",
    );
    assert.equal(
      await refused("--xds", "127.0.0.1:0", "--xds-trusted-network", "0.0.0.0:0"),
      "appmesh serve: --xds-trusted-network is TLS, and needs a certificate: say --xds-tls-self-signed, or --xds-tls-cert FILE " +
        "--xds-tls-key FILE\n",
    );
    assert.equal(
      await refused("--xds", "127.0.0.1:0", "--xds-tls-key", "key.pem"),
      "appmesh serve: --xds-tls-key is given without --xds-tls-cert. Give both, or --xds-tls-self-signed\n",
    );
    assert.equal(
      await refused("--xds", "127.0.0.1:0", "--proxy-jwks", "https://example.com/keys"),
      "appmesh serve: --proxy-jwks and --proxy-jwks-issuer go together: the keys of a cluster, and the issuer that its tokens " +
        "name\n",
    );
    const missing = join(temporaryFolder(), "ca.pem");
    assert.equal(
      await refused("--xds", "127.0.0.1:0", "--xds-tls-self-signed", "--proxy-ca", missing),
      `appmesh serve: the authority of proxies in ${missing} cannot be used: ENOENT: no such file or directory, open ` +
        `'${missing}'. It must be PEM\n`,
    );
  });
});
