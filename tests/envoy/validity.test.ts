import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bootstrap } from "@pulumi-appmesh/control-plane/bootstrap/bootstrap.js";
import { runAppmesh } from "../support/control-plane.js";
import { refusalOf } from "../support/static-envoy.js";
import { envoyPath } from "../support/tools.js";
import { edge } from "./gateways.js";
import { explicit, transparent } from "./mesh.js";

const inputs = fileURLToPath(new URL("../../../control-plane/translate/testdata/", import.meta.url));

describe("Envoy takes", function () {
  this.timeout(180_000);

  for (const file of readdirSync(inputs).filter((name) => name.endsWith(".input.json"))) {
    it(`what it is told for ${file.replace(".input.json", "")}, in both interceptions`, async () => {
      const input = JSON.parse(readFileSync(join(inputs, file), "utf8"));
      const node = input.node ?? "front";
      const told =
        input.gateway === undefined
          ? [transparent(input, node), explicit(input, node, "127.0.1.2", { "8080": 41234 })]
          : [edge(input), edge(input, "127.0.1.2")];
      for (const resources of told) assert.equal(await refusalOf(resources), undefined);
    });
  }

  it("the probes of applications that a bootstrap may have, without a warning", async () => {
    const folder = mkdtempSync(join(tmpdir(), "appmesh-bootstrap-"));
    const config = bootstrap({
      mesh: "shop",
      kind: "virtualNode",
      name: "catalog",
      xds: { host: "127.0.0.1", port: 18000 },
      interception: { mode: "transparent" },
      adminPort: 9901,
      probes: {
        port: 15020,
        probes: [
          { kind: "http", path: "/app/readinessProbe", port: 8080, target: "/well" },
          { kind: "http", path: "/app/startupProbe", port: 8080, target: "/", tls: true },
          { kind: "tcp", path: "/db/readinessProbe", port: 5432 },
          { kind: "grpc", path: "/api/livenessProbe", port: 9000, service: "shop.Catalog" },
        ],
      },
    });
    try {
      const path = join(folder, "bootstrap.json");
      writeFileSync(path, JSON.stringify(config));
      const args = ["--mode", "validate", "--log-level", "warning", "--config-path", path];
      const envoy = spawnSync(await envoyPath(), args, { encoding: "utf8" });
      assert.deepEqual([envoy.status, envoy.stderr], [0, ""]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("the bootstraps that appmesh bootstrap prints, without a warning", async () => {
    const folder = mkdtempSync(join(tmpdir(), "appmesh-bootstrap-"));
    try {
      for (const args of [
        ["--node", "catalog", "--xds", "appmesh.internal:443", "--mesh-owner", "123456789012"],
        ["--gateway", "edge", "--xds", "[::1]:18000", "--admin-port", "9902"],
        [
          "--node",
          "catalog",
          "--xds",
          "127.0.0.1:18000",
          "--interception",
          "explicit",
          "--address",
          "127.0.1.2",
          "--app-port",
          "8080:41234",
          "--app-port",
          "9000",
        ],
      ]) {
        const { code, stdout, stderr } = await runAppmesh("bootstrap", ["--mesh", "shop", ...args]);
        assert.deepEqual([code, stderr], [0, ""]);
        const path = join(folder, "bootstrap.json");
        writeFileSync(path, stdout);
        const envoy = spawnSync(
          await envoyPath(),
          ["--mode", "validate", "--log-level", "warning", "--config-path", path],
          { encoding: "utf8" },
        );
        assert.deepEqual([envoy.status, envoy.stderr], [0, ""]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("appmesh bootstrap", () => {
  const refused = async (...args: string[]) => {
    const { code, stdout, stderr } = await runAppmesh("bootstrap", args);
    assert.equal(stdout, "");
    return `${code} ${stderr.trim()}`;
  };

  it("prints what its options say", async () => {
    const { stdout } = await runAppmesh(
      "bootstrap",
      "--mesh shop --node app --xds [::1]:18000 --interception explicit --address 127.0.1.2 --app-port 8080:41234 --app-port 9000 --admin-port 9".split(
        " ",
      ),
    );
    const { node, admin, staticResources } = JSON.parse(stdout);
    assert.deepEqual(node, {
      id: "mesh/shop/virtualNode/app",
      cluster: "mesh/shop/virtualNode/app",
      metadata: {
        "appmesh.interception": {
          mode: "explicit",
          address: "127.0.1.2",
          appPorts: { "8080": 41234, "*": 9000 },
        },
      },
    });
    assert.deepEqual(admin.address.socketAddress, { address: "127.0.0.1", portValue: 9 });
    assert.deepEqual(
      staticResources.clusters[0].loadAssignment.endpoints[0].lbEndpoints[0].endpoint.address,
      {
        socketAddress: { address: "::1", portValue: 18000 },
      },
    );
  });

  it("refuses what it cannot use, with the way out", async () => {
    const [mesh, node, xds] = [
      ["--mesh", "shop"],
      ["--node", "app"],
      ["--xds", "127.0.0.1:18000"],
    ];
    assert.deepEqual(
      [
        await refused(...node, ...xds),
        await refused(...mesh, ...xds),
        await refused(...mesh, ...node),
        await refused(...mesh, ...node, ...xds, "--gateway", "edge"),
        await refused(...mesh, ...node, "--xds", "127.0.0.1:0"),
        await refused(...mesh, ...node, ...xds, "--interception", "none"),
        await refused(...mesh, ...node, ...xds, "--interception", "explicit"),
        await refused(...mesh, ...node, ...xds, "--address", "127.0.0.2"),
        await refused(...mesh, ...node, ...xds, "--app-port", "8080"),
        await refused(...mesh, ...node, ...xds, "--admin-port", "0"),
        await refused(...mesh, ...node, ...xds, "--sds-socket", "agent.sock"),
        await refused(...mesh, ...xds, "--node", "a/b"),
        await refused(...mesh, ...node, ...xds, "--mesh-owner", "me"),
      ],
      [
        "1 error: required option '--mesh <name>' not specified",
        "1 error: one of --node <name> and --gateway <name> must be given",
        "1 error: required option '--xds <host:port>' not specified",
        "1 error: option '--node <name>' cannot be used with option '--gateway <name>'",
        "1 error: option '--xds <host:port>' argument '127.0.0.1:0' is invalid. It must be HOST:PORT, such as 127.0.0.1:18000 or [::1]:18000.",
        "1 error: option '--interception <mode>' argument 'none' is invalid. Allowed choices are transparent, explicit.",
        "1 error: --interception explicit needs --address <ip>: where the sidecar listens",
        "1 error: --address is for --interception explicit: a transparent sidecar takes what is redirected to it",
        "1 error: --app-port is for --interception explicit: a transparent sidecar takes what is redirected to it",
        "1 error: option '--admin-port <port>' argument '0' is invalid. A port is 1 to 65535.",
        "1 error: option '--sds-socket <path>' argument 'agent.sock' is invalid. It must be an absolute path of up to 107 bytes.",
        `1 error: option '--node <name>' argument 'a/b' is invalid. A name holds no "/".`,
        "1 error: option '--mesh-owner <account>' argument 'me' is invalid. An account is twelve digits.",
      ],
    );
  }).timeout(30_000);
});
