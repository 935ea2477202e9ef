// Every version of Envoy that this project says it works with: what it is told, and a short mesh that does it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { TESTED_VERSIONS } from "@pulumi-appmesh/control-plane/envoy/find.js";
import { type Issued, TestAuthority } from "../support/certificates.js";
import {
  type ControlPlane,
  runAppmesh,
  startControlPlane,
  temporaryFolder,
} from "../support/control-plane.js";
import { callAt, callThrough, type Echo } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { Sidecar, until } from "../support/sidecar.js";
import { refusalOf, together } from "../support/static-envoy.js";
import { testedEnvoys } from "../support/tools.js";
import { edge } from "./gateways.js";
import { explicit, transparent } from "./mesh.js";
import { fileCertificate, listenerTls, trusting, validation } from "./secure.js";

/** Of `GET /v1/proxies`. */
interface Told {
  readonly meshName: string;
  readonly entity: string;
  readonly identity: string;
  readonly resources: Readonly<Record<string, { readonly error?: object }>>;
}

const inputs = fileURLToPath(new URL("../../../control-plane/translate/testdata/", import.meta.url));

/** Serves on PORT, and fails the first time that it is asked for a path that tells it to. */
const app = `
  const failed = new Set();
  require("node:http")
    .createServer(({ url, headers }, response) => {
      const fails = url.startsWith("/flaky") && !failed.has(url);
      failed.add(url);
      response.statusCode = fails ? 503 : 200;
      response.end(JSON.stringify({ server: "app", url, headers }));
    })
    .listen(Number(process.env.PORT), "127.0.0.1", () => console.log("serving"));
`;
const idle = "console.log('calling'); setInterval(() => {}, 1000)";

/** What all golden files of the translation tell proxies, in both interceptions. */
const everything = together(
  readdirSync(inputs)
    .filter((name) => name.endsWith(".input.json"))
    .flatMap((file) => {
      const input = JSON.parse(readFileSync(join(inputs, file), "utf8"));
      const node = input.node ?? "front";
      return input.gateway === undefined
        ? [transparent(input, node), explicit(input, node, "127.0.1.2", { "8080": 41234 })]
        : [edge(input), edge(input, "127.0.1.2")];
    }),
);

describe("Envoys", () => {
  it("of all tested versions are those that set-up gets", async () => {
    const envoys = await testedEnvoys();
    assert.deepEqual(Object.keys(envoys), [...TESTED_VERSIONS]);
    for (const [version, executable] of Object.entries(envoys)) {
      const said = execFileSync(executable, ["--version"], { encoding: "utf8" });
      assert.equal(said.trim().split("/").at(-4), version);
    }
  }).timeout(30_000);
});

describe("Envoys of all versions", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let authority: TestAuthority;
  let server: Issued;
  let client: Issued;
  let bootstraps: readonly string[];
  const sidecars: Sidecar[] = [];
  before(async () => {
    controlPlane = await startControlPlane({ xds: "0.0.0.0:0", args: ["--xds-tls-self-signed"] });
    authority = await TestAuthority.make();
    server = await authority.issue({ uris: ["spiffe://shop/app"] });
    client = await authority.issue({ uris: ["spiffe://shop/front"] });
    bootstraps = await Promise.all(
      [
        ["--node", "catalog", "--xds", "appmesh.internal:443", "--tracing", "xray"],
        ["--gateway", "edge", "--xds", "[::1]:18000", "--admin-port", "9902", "--tracing", "otel"],
        ["--node", "app", "--xds", "[::1]:18000", "--xds-trust", "env:TRUST", "--xds-token", "env:TOKEN"],
      ].map(async (args) => {
        const { code, stdout, stderr } = await runAppmesh("bootstrap", ["--mesh", "shop", ...args]);
        assert.deepEqual([code, stderr], [0, ""]);
        const path = join(temporaryFolder(), "bootstrap.json");
        writeFileSync(path, stdout);
        return path;
      }),
    );
  });
  after(async () => {
    for (const sidecar of sidecars.splice(0)) {
      sidecar.kill("SIGTERM");
      await sidecar.ended;
    }
    await controlPlane?.stop();
  });
  const put = async (path: string, body: object) => {
    const { status, body: answer } = await controlPlane.call("PUT", path, body);
    assert.equal(status, 200, JSON.stringify(answer));
  };
  const issue = async (mesh: string, node: string, ...args: string[]) => {
    const folder = temporaryFolder();
    const where = ["--mesh", mesh, "--node", node, "--out", folder, "--endpoint", controlPlane.api];
    const { code, stderr } = await runAppmesh("identities", ["issue", ...where, ...args]);
    assert.equal(code, 0, stderr);
    return (file: string) => join(folder, file);
  };
  /**
   * `front` calls `app` over plain HTTP, by two routes of which one retries, and over mutual TLS of files. Returns what
   * gives `app` a third listener, with TLS of other files.
   */
  const makeMesh = async (mesh: string, address: string) => {
    const at = `/v20190125/meshes/${mesh}`;
    await put("/v20190125/meshes", { meshName: mesh });
    const listening = (port: number) => ({ portMapping: { port, protocol: "http" } });
    const spec = {
      listeners: [
        {
          ...listening(8080),
          timeout: { http: { perRequest: { value: 15, unit: "s" } } },
          outlierDetection: {
            maxServerErrors: 100,
            interval: { value: 10, unit: "s" },
            baseEjectionDuration: { value: 10, unit: "s" },
            maxEjectionPercent: 50,
          },
          connectionPool: { http: { maxConnections: 100, maxPendingRequests: 100 } },
        },
        {
          ...listening(8443),
          tls: listenerTls(server, "STRICT", {
            validation: validation(authority, ["spiffe://shop/front"]),
          }),
        },
      ],
      serviceDiscovery: { dns: { hostname: address } },
      logging: { accessLog: { file: { path: "/dev/null" } } },
    };
    await put(`${at}/virtualNodes`, { virtualNodeName: "app", spec });
    await put(`${at}/virtualRouters`, {
      virtualRouterName: "app",
      spec: { listeners: [listening(8080), listening(8443)] },
    });
    const target = (port: number) => ({ weightedTargets: [{ virtualNode: "app", weight: 1, port }] });
    for (const [routeName, priority, match, port, more] of [
      [
        "flaky",
        1,
        { prefix: "/flaky", port: 8080 },
        8080,
        {
          retryPolicy: {
            maxRetries: 2,
            perRetryTimeout: { value: 5, unit: "s" },
            httpRetryEvents: ["server-error"],
          },
        },
      ],
      [
        "header",
        2,
        { prefix: "/", port: 8080, headers: [{ name: "x-version", match: { regex: "v[0-9]+" } }] },
        8080,
        {},
      ],
      ["secure", 3, { prefix: "/", port: 8443 }, 8443, {}],
    ] as const) {
      await put(`${at}/virtualRouter/app/routes`, {
        routeName,
        spec: { priority, httpRoute: { match, action: target(port), ...more } },
      });
    }
    await put(`${at}/virtualServices`, {
      virtualServiceName: "app.local",
      spec: { provider: { virtualRouter: { virtualRouterName: "app" } } },
    });
    const tls = trusting(authority, ["spiffe://shop/app"], { certificate: fileCertificate(client) });
    await put(`${at}/virtualNodes`, {
      virtualNodeName: "front",
      spec: {
        backends: [
          {
            virtualService: {
              virtualServiceName: "app.local",
              clientPolicy: { tls: { ...tls, ports: [8443] } },
            },
          },
        ],
      },
    });
    return (files: Pick<Issued, "chainFile" | "keyFile">) => {
      const listeners = [...spec.listeners, { ...listening(8444), tls: listenerTls(files as Issued) }];
      return put(`${at}/virtualNodes/app`, { spec: { ...spec, listeners } });
    };
  };
  const start = async (args: readonly string[], script: string, env: NodeJS.ProcessEnv) => {
    const sidecar = await Sidecar.start(args, [process.execPath, "-e", script], env);
    sidecars.push(sidecar);
    return sidecar;
  };
  /** Who a proxy says that it is, when it is asked over TLS. */
  const shownBy = (address: string, port = 8080) =>
    new Promise<string | undefined>((resolve) => {
      const socket = connect({ host: address, port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerX509Certificate()?.subjectAltName);
        socket.destroy();
      });
      socket.on("error", () => resolve(undefined));
    });

  /** A mesh whose proxies are all of one version, from its making to managed TLS. */
  const story = async (version: string): Promise<void> => {
    const mesh = `shop-${version.replaceAll(".", "-")}`;
    const [address, front] = [await loopbackAddress(8080, 8443, 8444), await loopbackAddress()];
    const listenBy = await makeMesh(mesh, address);
    const [certificate, token] = [await issue(mesh, "app"), await issue(mesh, "front", "--token")];
    const envoy = (await testedEnvoys())[version] as string;
    const xds = `127.0.0.1:${controlPlane.xds.split(":").at(-1)}`;
    const of = (node: string, at: string) => ["--mesh", mesh, "--node", node, "--xds", xds, "--address", at];
    const [serving, calling] = await Promise.all([
      start(
        [
          ...of("app", address),
          ...["--xds-trust", certificate("ca.pem"), "--xds-certificate", certificate("certificate.pem")],
          ...["--xds-key", certificate("key.pem")],
        ],
        app,
        { APPMESH_ENVOY: envoy },
      ),
      start(of("front", front), idle, {
        APPMESH_ENVOY: envoy,
        APPMESH_XDS_TRUST: readFileSync(token("ca.pem"), "utf8"),
        APPMESH_XDS_TOKEN: readFileSync(token("token"), "utf8"),
      }),
    ]);
    await serving.says("serving");
    await calling.says("calling");
    const info = JSON.parse((await callAt(calling.admin(), "/server_info")).body);
    assert.equal(info.version.split("/")[1], version);

    const call = async (url: string, headers = {}) => {
      const { status, body } = await callThrough(`${front}:15001`, `http://app.local${url}`, { headers });
      return status === 200 ? (JSON.parse(body) as Echo).url : `${status} ${body}`;
    };
    const all = async () => [
      await call(":8080/plain", { "x-version": "v12" }),
      await call(":8080/plain", { "x-version": "beta" }),
      await call(`:8080/flaky/${Math.random()}`).then((told) => String(told).replace(/\d\.\d+$/, "1")),
      await call(":8443/secret"),
    ];
    const good = ["/plain", "404 ", "/flaky/1", "/secret"];
    // The first answer may wait for names and connections that are only being looked up and made.
    await until(async () => JSON.stringify(await all()) === JSON.stringify(good));
    assert.equal(await shownBy(address), undefined);

    const settings = `/v1/meshes/${mesh}/settings`;
    await put(settings, { managedTls: { mode: "STRICT", settleSeconds: 1 } });
    const name = `URI:spiffe://appmesh.local/mesh/${mesh}/virtualNode/app`;
    await until(async () => {
      const { managedTls } = (await controlPlane.call("GET", settings)).body;
      return managedTls?.listeners === "tls" && (await shownBy(address)) === name;
    });
    await until(() =>
      callAt(`${address}:8080`, "/").then(
        () => false,
        () => true,
      ),
    );
    await until(async () => JSON.stringify(await all()) === JSON.stringify(good));

    const seen = async () =>
      (await controlPlane.call("GET", "/v1/proxies")).body.proxies
        .filter(({ meshName }: Told) => meshName === mesh)
        .map(({ entity, identity, resources }: Told) => [
          entity,
          identity.split(" ")[0],
          Object.keys(resources).filter((kind) => resources[kind]?.error !== undefined),
        ])
        .sort();
    assert.deepEqual(await seen(), [
      ["virtualNode/app", "certificate", []],
      ["virtualNode/front", "token", []],
    ]);

    // Envoy 1.36 looks once for files that are not there.
    if (version.startsWith("1.36.")) return;
    const folder = temporaryFolder();
    const late = { chainFile: join(folder, "late.pem"), keyFile: join(folder, "late.key") };
    await listenBy(late);
    await until(async () => String((await seen())[0]) === "virtualNode/app,certificate,secrets");
    for (const [from, to] of [
      [server.keyFile, late.keyFile],
      [server.chainFile, late.chainFile],
    ] as const) {
      copyFileSync(from, `${to}.new`);
      renameSync(`${to}.new`, to);
    }
    await until(async () => (await shownBy(address, 8444)) === "URI:spiffe://shop/app");
  };
  /** Those of all versions at once: most of the time each waits for another step. */
  let stories: Map<string, Promise<void>>;
  before(() => {
    stories = new Map(TESTED_VERSIONS.map((version) => [version, story(version)]));
    // Each is told by the test that asks for it.
    for (const told of stories.values()) told.catch(() => {});
  });

  for (const version of TESTED_VERSIONS) {
    it(`take the bootstraps, and all that proxies are told: ${version}`, async () => {
      const envoy = (await testedEnvoys())[version] as string;
      for (const bootstrap of bootstraps) {
        execFileSync(envoy, ["--mode", "validate", "--log-level", "error", "--config-path", bootstrap], {
          env: { TRUST: authority.certificate, TOKEN: "token" },
          stdio: "pipe",
        });
      }
      assert.equal(await refusalOf(everything, envoy), undefined);
    });

    it(`prove who they are, route, retry, and speak TLS of files and of the mesh: ${version}`, () =>
      stories.get(version));
  }

  it("reject nothing but secrets whose files are not there", async () => {
    await Promise.all(stories.values());
    const metrics = await (await fetch(`${controlPlane.api}/metrics`)).text();
    const rejected = [...metrics.matchAll(/^appmesh_xds_rejections_total\{kind="(\w+)"\} [1-9]/gm)];
    assert.deepEqual(
      rejected.map(([, kind]) => kind),
      ["secrets"],
    );
  });
});
