// What runs in the containers that the mesh adds to a task: the bootstrap, the health check and the drain, with a real Envoy.
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { addMesh } from "@pulumi-appmesh/provider/components/ecs/add-mesh.js";
import type { ContainerDefinition } from "@pulumi-appmesh/provider/components/ecs/container-definition.js";
import type { MeshOptions } from "@pulumi-appmesh/provider/components/ecs/mesh-options.js";
import { TestAuthority } from "../support/certificates.js";
import { freePort } from "../support/loopback.js";
import { envoyPath } from "../support/tools.js";

const run = promisify(execFile);

/** The containers of a task, by name. */
const containers = (options: Partial<MeshOptions>): Readonly<Record<string, ContainerDefinition>> => {
  const { containerDefinitions } = addMesh([{ name: "app", image: "shop/app:1" }], {
    meshName: "shop",
    virtualNode: "catalog",
    controlPlane: { host: "appmesh.internal", plaintext: true },
    listenerPorts: [8080],
    ...options,
  });
  return Object.fromEntries(containerDefinitions.map((container) => [container.name, container]));
};

describe("the containers that the mesh adds to a task", function () {
  this.timeout(180_000);

  it("give Envoy a bootstrap that it takes, whoever it is and however it proves it", async () => {
    const authority = await TestAuthority.make("shop");
    const { certificate, key } = await authority.issue({ names: ["catalog"] });
    const secrets = {
      APPMESH_XDS_TRUST: authority.certificate,
      APPMESH_XDS_CERTIFICATE: certificate,
      APPMESH_XDS_PRIVATE_KEY: key,
      APPMESH_XDS_TOKEN: "token",
    };
    const host = "appmesh.internal";
    const cases: readonly Partial<MeshOptions>[] = [
      {},
      { interception: { mode: "explicit", appPorts: { 8080: 9080 } } },
      { tracing: {} },
      { tracing: { tracer: "xray", segmentName: "catalog", samplingRate: 0.5 } },
      { controlPlane: { host, trustFrom: "t", certificateFrom: "c", privateKeyFrom: "k" } },
      { controlPlane: { host, trust: authority.certificate, serverName: "other.internal", tokenFrom: "t" } },
      { controlPlane: { host: "10.0.0.7", trustFrom: "t", tokenFrom: "t", port: 443 } },
      { meshOwner: "123456789012", envoy: { adminPort: 9902, sdsSocket: "/run/sds.sock" } },
    ];
    const envoy = await envoyPath();
    for (const options of cases) {
      const { entryPoint, command = [], secrets: asked = [] } = containers(options).envoy ?? {};
      assert.deepEqual(entryPoint, ["envoy"]);
      const env = Object.fromEntries(asked.map(({ name }) => [name, secrets[name as keyof typeof secrets]]));
      await run(envoy, ["--mode", "validate", ...command], { env }).catch((error) =>
        assert.fail(`${JSON.stringify(options)}: ${error.stderr}`),
      );
    }
  });

  describe("and what they run beside it", () => {
    let adminPort: number;
    let envoy: ChildProcess;
    let made: Readonly<Record<string, ContainerDefinition>>;
    const exits = async (container: ContainerDefinition | undefined): Promise<number> => {
      const [kind, program = "", ...args] = container?.healthCheck?.command ?? [];
      assert.equal(kind, "CMD");
      return run(program, args).then(
        () => 0,
        ({ code }) => code,
      );
    };
    const ready = async () => {
      try {
        return (await fetch(`http://127.0.0.1:${adminPort}/ready`)).status;
      } catch {
        return undefined;
      }
    };
    const until = async (status: number | undefined) => {
      const deadline = Date.now() + 60_000;
      while ((await ready()) !== status) {
        assert.ok(Date.now() < deadline, `Envoy is ${await ready()}`);
        await sleep(50);
      }
    };

    beforeEach(async () => {
      adminPort = await freePort();
      made = containers({ envoy: { adminPort }, drainSeconds: 1 });
    });
    afterEach(async () => {
      if (envoy.exitCode !== null || envoy.signalCode !== null) return;
      envoy.kill("SIGKILL");
      await once(envoy, "exit");
    });

    it("says that Envoy is not healthy before it has heard the control plane, nor without it", async () => {
      assert.notEqual(await exits(made.envoy), 0);
      const lost = containers({
        envoy: { adminPort },
        controlPlane: { host: "127.0.0.1", port: await freePort(), plaintext: true },
      });
      envoy = spawn(await envoyPath(), [...(lost.envoy?.command ?? [])], { stdio: "ignore" });
      await until(503);
      assert.notEqual(await exits(made.envoy), 0);
    });

    it("says that it is healthy, and drains it when the task is told to stop", async () => {
      const admin = { address: { socket_address: { address: "127.0.0.1", port_value: adminPort } } };
      envoy = spawn(
        await envoyPath(),
        ["--config-yaml", JSON.stringify({ admin }), "--disable-hot-restart"],
        {
          stdio: "ignore",
        },
      );
      await until(200);
      assert.equal(await exits(made.envoy), 0);

      const { entryPoint: [shell = "", ...args] = [], command = [] } = made["envoy-drain"] ?? {};
      const drain = spawn(shell, [...args, ...command], { stdio: ["ignore", "ignore", "pipe"] });
      let complaints = "";
      drain.stderr.on("data", (text) => {
        complaints += text;
      });
      // Told as early as that, it may not listen to signals yet: it is told until it heeds it.
      const telling = setInterval(() => drain.kill("SIGTERM"), 500);
      await sleep(300);
      assert.deepEqual([drain.exitCode, await ready()], [null, 200]);
      const [code, signal] = await once(drain, "exit");
      clearInterval(telling);
      assert.deepEqual([code, signal, complaints], [0, null, ""]);
      assert.equal(await ready(), 503);
      assert.notEqual(await exits(made.envoy), 0);
    });
  });
});
