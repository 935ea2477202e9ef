import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildPeers } from "./peers.js";
import { measureProxies } from "./proxies.js";

const noGo = (): boolean => {
  try {
    execFileSync("go", ["version"], { stdio: "ignore" });
    return false;
  } catch {
    return true;
  }
};

describe("the benchmark's proxies", function () {
  this.timeout("10m"); // the first run builds go-control-plane

  before(function () {
    if (noGo()) this.skip();
  });

  it("behave as Envoys do (go test)", async () => {
    await promisify(execFile)("go", ["test", "./..."], {
      cwd: fileURLToPath(new URL("../peers", import.meta.url)),
      env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly" },
    });
  });

  it("hear of a change once, in one form, as one resource, from both servers; a restart sends nothing again", async () => {
    const proxies = 5;
    const results = await measureProxies(await buildPeers(() => {}), () => {}, {
      mesh: { services: 3, callers: 2, backends: 2 },
      ladder: [{ proxies, rounds: 2 }],
      sotw: { proxies, rounds: 2 },
      restart: true,
    });
    assert.equal(results.entities, 1 + 3 * 4 + 1 + 2);
    assert.deepEqual(
      results.propagation
        .filter(({ protocol }) => protocol === "delta")
        .map(({ server, kind, last, resourcesPerProxy }) => ({
          server,
          kind,
          rounds: last.length,
          resourcesPerProxy,
        })),
      [
        { server: "go-control-plane", kind: "RDS", rounds: 2, resourcesPerProxy: 1 },
        { server: "pulumi-appmesh", kind: "RDS", rounds: 2, resourcesPerProxy: 1 },
        { server: "go-control-plane", kind: "CDS", rounds: 2, resourcesPerProxy: 1 },
        { server: "pulumi-appmesh", kind: "CDS", rounds: 2, resourcesPerProxy: 1 },
      ],
    );
    // State of the world: one route configuration where the peer sends all, all clusters with either.
    assert.deepEqual(
      results.propagation
        .filter(({ protocol, server }) => protocol === "sotw" && server === "pulumi-appmesh")
        .map(({ kind, resourcesPerProxy }) => ({ kind, resourcesPerProxy })),
      [
        { kind: "RDS", resourcesPerProxy: 1 },
        { kind: "CDS", resourcesPerProxy: results.clusters },
      ],
    );
    assert.deepEqual(
      results.restarts.map(({ server, resourcesResent }) => ({ server, resourcesResent })),
      [
        { server: "go-control-plane", resourcesResent: 0 },
        { server: "pulumi-appmesh", resourcesResent: 0 },
      ],
    );
    assert.deepEqual(
      results.memory.map(({ server, proxies }) => ({ server, proxies })),
      [
        { server: "go-control-plane", proxies },
        { server: "pulumi-appmesh", proxies },
      ],
    );
  });
});
