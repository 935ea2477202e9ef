import assert from "node:assert/strict";
import { createServer } from "node:net";
import { type ControlPlane, runAppmesh, startControlPlane } from "../support/control-plane.js";
import { answered, callAt, callThrough, echoServer } from "../support/http.js";
import { freePort, loopbackAddress } from "../support/loopback.js";
import { alive, Sidecar, until } from "../support/sidecar.js";

const node = process.execPath;

/**
 * Serves on its port until it is told to end; then it lets open requests finish, and ends with 7. What is asked of
 * /slow, it answers only some time after it was told.
 */
const app = `
  const slow = [];
  const server = require("node:http").createServer((request, response) => {
    const answer = () => response.end(JSON.stringify({ server: "app", url: request.url }));
    if (request.url === "/slow") slow.push(answer);
    else answer();
  });
  server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("serving as " + process.pid));
  for (const signal of ["SIGTERM", "SIGINT"]) {
    process.on(signal, () => {
      console.log("app got " + signal);
      setTimeout(() => slow.forEach((answer) => answer()), 700);
      server.close(() => process.exit(7));
      setInterval(() => server.closeIdleConnections(), 10);
    });
  }
`;

describe("appmesh sidecar", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let address: string;
  const sidecars: Sidecar[] = [];

  before(async () => {
    controlPlane = await startControlPlane();
    address = await loopbackAddress(8080);
    await make(controlPlane, address);
  });
  after(() => controlPlane.stop());
  afterEach(async () => {
    for (const sidecar of sidecars.splice(0)) {
      sidecar.kill("SIGTERM");
      await sidecar.ended;
    }
  });

  async function make(target: ControlPlane, hostname: string): Promise<void> {
    const put = async (path: string, body: object) => {
      const { status, body: answer } = await target.call("PUT", `/v20190125/meshes${path}`, body);
      assert.equal(status, 200, JSON.stringify(answer));
    };
    await put("", { meshName: "shop" });
    await put("/shop/virtualNodes", {
      virtualNodeName: "app",
      spec: {
        listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
        serviceDiscovery: { dns: { hostname } },
        logging: {
          accessLog: {
            file: { path: "/dev/stdout", format: { text: "access %REQ(:PATH)% %RESPONSE_CODE%\n" } },
          },
        },
      },
    });
    await put("/shop/virtualServices", {
      virtualServiceName: "app.local",
      spec: { provider: { virtualNode: { virtualNodeName: "app" } } },
    });
    await put("/shop/virtualNodes", {
      virtualNodeName: "caller",
      spec: { backends: [{ virtualService: { virtualServiceName: "app.local" } }] },
    });
  }
  const start = async (
    name: string,
    args: readonly string[],
    command: readonly string[],
    env?: NodeJS.ProcessEnv,
  ) => {
    const sidecar = await Sidecar.start(
      ["--mesh", "shop", "--node", name, "--xds", controlPlane.xds, ...args],
      command,
      env,
    );
    sidecars.push(sidecar);
    return sidecar;
  };
  const startApp = async (): Promise<Sidecar> => {
    const sidecar = await start("app", ["--address", address], [node, "-e", app]);
    await sidecar.says("serving as ");
    return sidecar;
  };
  const pidOf = (sidecar: Sidecar) => Number(/serving as (\d+)/.exec(sidecar.stdout)?.[1]);

  it("takes requests to the command and from it, and ends with its exit code", async () => {
    const called = await startApp();
    const from = await loopbackAddress();
    const admin = await freePort();
    const caller = await start(
      "caller",
      ["--address", from, "--admin-port", String(admin), "--app-port", "45454"],
      [
        node,
        "-e",
        `require("node:http").get({ host: new URL(process.env.HTTP_PROXY).hostname, port: 15001, path: "http://app.local:8080/hello" },
           (response) => response.pipe(process.stdout).on("unpipe", () => {
             const { http_proxy, NO_PROXY, no_proxy, PORT, APPMESH_APP_PORT, APPMESH_ADMIN } = process.env;
             console.log("\\n" + JSON.stringify({ http_proxy, NO_PROXY, no_proxy, PORT, APPMESH_APP_PORT, APPMESH_ADMIN }));
             process.exitCode = 3;
           }));`,
      ],
      { NO_PROXY: "example.com" },
    );
    const envoy = await caller.envoy();
    assert.deepEqual(await caller.ended, { code: 3, signal: null });
    assert.equal(
      caller.stdout,
      `{"server":"app","url":"/hello"}\n${JSON.stringify({
        http_proxy: `http://${from}:15001`,
        NO_PROXY: "example.com,localhost,127.0.0.1,::1",
        no_proxy: "example.com,localhost,127.0.0.1,::1",
        PORT: "45454",
        APPMESH_APP_PORT: "45454",
        APPMESH_ADMIN: `http://127.0.0.1:${admin}`,
      })}\n`,
    );
    assert.equal(
      caller.stderr,
      `appmesh sidecar: shop/caller: the application's port is 45454, its proxy http://${from}:15001, ` +
        `Envoy's admin http://127.0.0.1:${admin}\n`,
    );
    assert.equal(alive(envoy), false);
    await called.says("access /hello 200");
  });

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`passes ${signal} on, lets open requests finish, and leaves nothing behind`, async () => {
      const sidecar = await startApp();
      const [envoy, pid] = [await sidecar.envoy(), pidOf(sidecar)];
      const slow = callAt(`${address}:8080`, "/slow");
      await until(async () => (await rqActive(sidecar)) === 1);
      sidecar.kill(signal);
      assert.equal(answered(await slow), "app");
      assert.deepEqual(await sidecar.ended, { code: 7, signal: null });
      assert.ok(sidecar.stdout.includes(`app got ${signal}`));
      assert.deepEqual([alive(envoy), alive(pid)], [false, false]);
    });
  }
  const rqActive = async (sidecar: Sidecar) => {
    const stats = await (
      await fetch(`http://${sidecar.admin()}/stats?filter=http.ingress.downstream_rq_active`)
    ).text();
    return Number(/: (\d+)/.exec(stats)?.[1] ?? 0);
  };

  it("ends with 128 and the signal's number when a signal ends the command", async () => {
    const sidecar = await start(
      "caller",
      ["--address", await loopbackAddress()],
      ["sh", "-c", "kill -KILL $$"],
    );
    assert.deepEqual(await sidecar.ended, { code: 137, signal: null });
  });

  it("ends what the command leaves running", async () => {
    const sidecar = await start(
      "caller",
      ["--address", await loopbackAddress()],
      ["sh", "-c", "sleep 1000 & echo left $!; exit 4"],
    );
    assert.deepEqual(await sidecar.ended, { code: 4, signal: null });
    assert.equal(alive(Number(/left (\d+)/.exec(sidecar.stdout)?.[1])), false);
  });

  it("says that there is no such command", async () => {
    const sidecar = await start(
      "caller",
      ["--address", await loopbackAddress()],
      ["no-such-program", "at-all"],
    );
    const envoy = await sidecar.envoy();
    assert.deepEqual(await sidecar.ended, { code: 1, signal: null });
    assert.match(
      sidecar.stderr,
      /the command no-such-program could not be started: there is no such program\n$/,
    );
    assert.equal(alive(envoy), false);
  });

  it("stops the command when Envoy dies, and says why", async () => {
    const sidecar = await startApp();
    const pid = pidOf(sidecar);
    process.kill(await sidecar.envoy(), "SIGKILL");
    assert.deepEqual(await sidecar.ended, { code: 1, signal: null });
    assert.ok(sidecar.stdout.includes("app got SIGTERM"));
    assert.match(sidecar.stderr, /Envoy ended by itself, with signal SIGKILL; the command is stopped/);
    assert.equal(alive(pid), false);
  });

  it("leaves nothing behind when it is killed itself", async () => {
    const sidecar = await startApp();
    const [envoy, pid] = [await sidecar.envoy(), pidOf(sidecar)];
    assert.deepEqual([alive(envoy), alive(pid)], [true, true]);
    sidecar.kill("SIGKILL");
    await until(() => !alive(envoy) && !alive(pid));
  });

  it("waits for a control plane that is away, and starts once it is there", async () => {
    const [port, from] = [await freePort(), await loopbackAddress(8080)];
    const sidecar = await Sidecar.start(
      ["--mesh", "shop", "--node", "app", "--xds", `127.0.0.1:${port}`, "--address", from],
      [node, "-e", app],
    );
    sidecars.push(sidecar);
    await sidecar.says(
      `waiting for the control plane at 127.0.0.1:${port}, however long it takes; the command starts after it`,
    );
    assert.equal(sidecar.stdout, "");
    const late = await startControlPlane({ xds: `127.0.0.1:${port}` });
    try {
      await sidecar.says(`waiting for virtual node app of mesh shop to be made`);
      await make(late, from);
      await sidecar.says("serving as ");
      assert.equal(answered(await callAt(`${from}:8080`, "/")), "app");
    } finally {
      sidecar.kill("SIGTERM");
      await sidecar.ended;
      await late.stop();
    }
  });

  it("gives up after --start-timeout, and at a signal", async () => {
    const port = await freePort();
    const args = ["--xds", `127.0.0.1:${port}`, "--address", await loopbackAddress()];
    const impatient = await start("caller", [...args, "--start-timeout", "1"], [node, "-e", app]);
    assert.deepEqual(await impatient.ended, { code: 1, signal: null });
    assert.match(
      impatient.stderr,
      new RegExp(`gave up after 1 s of waiting for the control plane at 127.0.0.1:${port}`),
    );

    const patient = await start("caller", args, [node, "-e", app]);
    const envoy = await patient.envoy();
    patient.kill("SIGINT");
    assert.deepEqual(await patient.ended, { code: 130, signal: null });
    assert.equal(alive(envoy), false);
    assert.equal(patient.stdout, "");
  });

  it("names the port that is in use, and the way out", async () => {
    const occupied = await loopbackAddress(8080);
    const listen = (port: number) =>
      new Promise<ReturnType<typeof createServer>>((resolve) => {
        const server = createServer().listen(port, occupied, () => resolve(server));
      });
    const egress = await listen(15001);
    const first = await start("app", ["--address", occupied], [node, "-e", app]);
    assert.deepEqual(await first.ended, { code: 1, signal: null });
    assert.equal(
      first.stderr,
      `appmesh sidecar: ${occupied}:15001, the application's way into the mesh, is in use, perhaps by another sidecar: ` +
        "give this one a loopback address of its own with --address, such as 127.0.0.2\n",
    );
    egress.close();

    const ingress = await listen(8080);
    const second = await start("app", ["--address", occupied], [node, "-e", app]);
    assert.deepEqual(await second.ended, { code: 1, signal: null });
    assert.match(
      second.stderr,
      new RegExp(
        `Envoy refused what the control plane told it: .*cannot bind '${occupied}:8080': Address already in use`,
      ),
    );
    assert.equal(second.stdout, "");
    ingress.close();

    const admin = await listen(0);
    admin.close();
    const server = await echoServer("holder");
    const third = await start(
      "app",
      ["--admin-port", String(server.port), "--address", occupied],
      [node, "-e", app],
    );
    assert.deepEqual(await third.ended, { code: 1, signal: null });
    assert.equal(
      third.stderr,
      `appmesh sidecar: 127.0.0.1:${server.port} is in use: give another --admin-port, or none\n`,
    );
    await server.close();
  });

  it("is called through the proxy of another", async () => {
    await startApp();
    const from = await loopbackAddress();
    const caller = await start("caller", ["--address", from], [node, "-e", app]);
    await caller.says("serving as ");
    assert.equal(answered(await callThrough(`${from}:15001`, "http://app.local:8080/")), "app");
  });

  it("runs the proxy of a virtual gateway by itself, until it is told to end", async () => {
    await startApp();
    const put = async (path: string, body: object) =>
      assert.equal((await controlPlane.call("PUT", `/v20190125/meshes/shop${path}`, body)).status, 200);
    await put("/virtualGateways", {
      virtualGatewayName: "edge",
      spec: { listeners: [{ portMapping: { port: 8088, protocol: "http" } }] },
    });
    const target = { virtualService: { virtualServiceName: "app.local" } };
    await put("/virtualGateway/edge/gatewayRoutes", {
      gatewayRouteName: "app",
      spec: { httpRoute: { match: { prefix: "/app" }, action: { target } } },
    });
    const at = await loopbackAddress(8088);
    const gateway = await Sidecar.start(
      ["--mesh", "shop", "--gateway", "edge", "--xds", controlPlane.xds, "--address", at],
      [],
    );
    sidecars.push(gateway);
    await gateway.says(`shop/edge: serving at ${at}, Envoy's admin http://127.0.0.1:`);
    const answer = await callAt(`${at}:8088`, "/app/hello");
    assert.deepEqual(JSON.parse(answer.body), { server: "app", url: "/hello" });

    // It follows its routes.
    await put("/virtualGateway/edge/gatewayRoutes/app", {
      spec: { httpRoute: { match: { prefix: "/other" }, action: { target } } },
    });
    await until(async () => (await callAt(`${at}:8088`, "/other/hello")).status === 200);
    assert.equal((await callAt(`${at}:8088`, "/app/hello")).status, 404);

    // What is open is finished before it ends.
    const slow = callAt(`${at}:8088`, "/other/slow");
    const app = sidecars[0] as Sidecar;
    const envoy = await gateway.envoy();
    await until(async () =>
      /downstream_rq_active: [1-9]/.test(
        await (await fetch(`http://${gateway.admin()}/stats?filter=ingress.downstream_rq_active`)).text(),
      ),
    );
    gateway.kill("SIGTERM");
    app.kill("SIGTERM");
    assert.equal(answered(await slow), "app");
    assert.deepEqual(await gateway.ended, { code: 0, signal: null });
    assert.equal(alive(envoy), false);
  });

  it("refuses options that it cannot use", async () => {
    const refused = async (...args: string[]) => {
      const { code, stderr } = await runAppmesh("sidecar", args);
      return `${code} ${stderr.trim().split("\n")[0]}`;
    };
    assert.deepEqual(
      [
        await refused("--node", "app", "--", "true"),
        await refused("--mesh", "shop", "--", "true"),
        await refused("--mesh", "shop", "--node", "app"),
        await refused("--mesh", "shop", "--gateway", "edge", "--", "true"),
        await refused("--mesh", "shop", "--gateway", "edge", "--node", "app"),
        await refused("--mesh", "shop", "--gateway", "edge", "--app-port", "8080"),
        await refused("--mesh", "shop@1", "--node", "app", "--", "true"),
        await refused("--mesh", "shop", "--node", "app", "--address", "catalog", "--", "true"),
        await refused("--mesh", "shop", "--node", "app", "--address", "192.0.2.1", "--", "true"),
        await refused("--mesh", "shop", "--node", "app", "--xds", "127.0.0.1", "--", "true"),
        await refused("--mesh", "shop", "--node", "app", "--app-port", "70000", "--", "true"),
        await refused("--mesh", "shop", "--node", "app", "--app-port", "1", "--app-port", "2", "--", "true"),
        await refused("--mesh", "shop", "--node", "app", "--envoy", "/no/such/envoy", "--", "true"),
      ],
      [
        "1 error: required option '--mesh <name>' not specified",
        "1 error: one of --node <name> and --gateway <name> must be given",
        "1 error: missing the command of the application, after --",
        "1 error: a virtual gateway has no application: leave the command out",
        "1 error: option '--node <name>' cannot be used with option '--gateway <name>'",
        "1 error: option '--gateway <name>' cannot be used with option '--app-port <port>'",
        `1 error: option '--mesh <name>' argument 'shop@1' is invalid. Name the owner of a shared mesh with --mesh-owner, not with "@".`,
        "1 error: option '--address <ip>' argument 'catalog' is invalid. It must be an IP address, such as 127.0.1.2.",
        "1 appmesh sidecar: 192.0.2.1 is no address of this machine: give another --address",
        "1 error: option '--xds <host:port>' argument '127.0.0.1' is invalid. It must be HOST:PORT, such as 127.0.0.1:18000 or [::1]:18000.",
        "1 error: option '--app-port <port>' argument '70000' is invalid. A port is 1 to 65535.",
        "1 error: option '--app-port <port>' argument '2' is invalid. A port for all listeners was given already.",
        "1 appmesh sidecar: --envoy names /no/such/envoy, which is no program that can be run: name an Envoy executable",
      ],
    );
  });
});
