import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CloudMapServer } from "../support/cloud-map.js";
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from "../support/control-plane.js";
import { answered, callThrough, echoServer, type TestServer } from "../support/http.js";
import { freePort, loopbackAddress } from "../support/loopback.js";
import { Sidecar, until } from "../support/sidecar.js";

/** Without credentials of any kind. */
const noCredentials = {
  AWS_ACCESS_KEY_ID: "",
  AWS_SECRET_ACCESS_KEY: "",
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  AWS_EC2_METADATA_DISABLED: "true",
};

describe("service discovery by AWS Cloud Map", function () {
  this.timeout(180_000);
  let cloudMap: CloudMapServer;
  let namespace: string;
  let service: string;
  let serviceName: string;
  let options: ControlPlaneOptions;
  let controlPlane: ControlPlane;
  let port: number;
  const addresses: Record<string, string> = {};
  const servers: TestServer[] = [];
  const sidecars: Sidecar[] = [];
  /** While this is set, /slow is not answered. */
  let held: Promise<void> | undefined;

  before(async () => {
    cloudMap = await CloudMapServer.start();
    namespace = await cloudMap.namespace("shop.internal");
    options = { env: cloudMap.env, args: ["--cloud-map-interval", "0.2"] };
    controlPlane = await startControlPlane(options);
    port = await freePort();
    for (const name of ["a", "b", "c"]) {
      const host = await loopbackAddress(port);
      addresses[name] = host;
      const hold = async ({ url }: { url: string }) => (url === "/slow" ? held : undefined);
      servers.push(await echoServer(name, { port, host, hold }));
    }
    await put("", { meshName: "shop" });
    await put("/shop/virtualNodes", { virtualNodeName: "catalog", spec: found("catalog", "v1") });
    await put("/shop/virtualNodes", {
      virtualNodeName: "front",
      spec: { backends: [{ virtualService: { virtualServiceName: "catalog.local" } }] },
    });
    await put("/shop/virtualServices", {
      virtualServiceName: "catalog.local",
      spec: { provider: { virtualNode: { virtualNodeName: "catalog" } } },
    });
  });
  beforeEach(async () => {
    // A service of its own for each test.
    serviceName = `catalog-${Math.random().toString(36).slice(2)}`;
    service = await cloudMap.service(namespace, serviceName);
    await put("/shop/virtualNodes/catalog", { spec: found(serviceName, "v1") });
  });
  afterEach(async () => {
    for (const sidecar of sidecars.splice(0)) {
      sidecar.kill("SIGTERM");
      await sidecar.ended;
    }
  });
  after(async () => {
    await controlPlane?.stop();
    for (const server of servers) await server.close();
    await cloudMap?.close();
  });

  const found = (serviceName: string, version: string) => ({
    listeners: [{ portMapping: { port, protocol: "http" } }],
    serviceDiscovery: {
      awsCloudMap: {
        namespaceName: "shop.internal",
        serviceName,
        attributes: [{ key: "version", value: version }],
      },
    },
  });
  async function put(path: string, body: object, target = controlPlane): Promise<void> {
    const { status, body: answer } = await target.call("PUT", `/v20190125/meshes${path}`, body);
    assert.equal(status, 200, JSON.stringify(answer));
  }
  const register = (name: string, more: Record<string, string> = {}) =>
    cloudMap.register(service, name, {
      AWS_INSTANCE_IPV4: addresses[name] as string,
      // App Mesh sent to the listener's port, whatever an instance says.
      AWS_INSTANCE_PORT: "1",
      version: "v1",
      ...more,
    });

  /** A caller, and where its proxy is. */
  async function caller(target = controlPlane): Promise<{ sidecar: Sidecar; proxy: string }> {
    const address = await loopbackAddress();
    const args = ["--mesh", "shop", "--node", "front", "--xds", target.xds, "--address", address];
    const sidecar = await Sidecar.start(args, ["sleep", "1000"]);
    sidecars.push(sidecar);
    await until(() => sidecar.admin() !== "");
    await until(async () => (await admin(sidecar, "/ready")).trim() === "LIVE");
    return { sidecar, proxy: `${address}:15001` };
  }
  const admin = async (sidecar: Sidecar, path: string) =>
    (await fetch(`http://${sidecar.admin()}${path}`)).text();
  const call = async (proxy: string, path = "/") =>
    answered(await callThrough(proxy, `http://catalog.local:${port}${path}`));
  /** Everything that so many calls were answered with: at once, so that no other caller can take every second turn. */
  async function outcomes(proxy: string, calls = 20): Promise<string[]> {
    return [...new Set(await Promise.all(Array.from({ length: calls }, () => call(proxy))))].sort();
  }
  const reaches = (proxy: string, ...names: string[]) =>
    until(async () => JSON.stringify(await outcomes(proxy)) === JSON.stringify(names));
  /** The versions of what the proxies have. */
  async function versions(): Promise<Record<string, string>> {
    const [proxy] = (await controlPlane.call("GET", "/v1/proxies")).body.proxies;
    return Object.fromEntries(
      Object.entries(proxy.resources).map(([kind, resource]) => [
        kind,
        (resource as { acknowledged: string }).acknowledged,
      ]),
    );
  }

  // Shows: virtualNode.serviceDiscovery.awsCloudMap.{namespaceName,serviceName}
  it("follows instances as they come and go, without a failed request, and tells of endpoints alone", async () => {
    await register("a");
    const { proxy } = await caller();
    assert.deepEqual(await outcomes(proxy), ["a"]);
    const before = await versions();

    const failed: string[] = [];
    let calling = true;
    const traffic = (async () => {
      while (calling) {
        const outcome = await call(proxy);
        if (!["a", "b", "c"].includes(outcome)) failed.push(outcome);
      }
    })();
    await register("b");
    await register("c");
    await reaches(proxy, "a", "b", "c");
    await cloudMap.deregister(service, "a");
    await reaches(proxy, "b", "c");
    await cloudMap.deregister(service, "b");
    await reaches(proxy, "c");
    calling = false;
    await traffic;
    assert.deepEqual(failed, []);

    const { endpoints: last, ...others } = await versions();
    const { endpoints: first, ...same } = before;
    assert.deepEqual(others, same);
    assert.notEqual(last, first);
  });

  it("answers 503 while there is no instance", async () => {
    const { proxy } = await caller();
    assert.deepEqual(await outcomes(proxy, 1), ["503 no healthy upstream"]);
    await register("a");
    await reaches(proxy, "a");
  });

  // Shows: virtualNode.serviceDiscovery.awsCloudMap.attributes[].{key,value}
  it("goes to instances with all the attributes alone", async () => {
    await register("a");
    await register("b", { version: "v2" });
    await register("c", { version: "v1", stage: "test" });
    const { proxy } = await caller();
    await reaches(proxy, "a", "c");
    await put("/shop/virtualNodes/catalog", { spec: found(serviceName, "v2") });
    await reaches(proxy, "b");
    await put("/shop/virtualNodes/catalog", { spec: found(serviceName, "v3") });
    await reaches(proxy, "503 no healthy upstream");
    assert.match(
      controlPlane.log(),
      new RegExp(
        `none of the 3 instances of service ${serviceName} has the attributes version=v3: callers get 503`,
      ),
    );
  });

  // Shows: virtualNode.serviceDiscovery.awsCloudMap.ipPreference, mesh.serviceDiscovery.ipPreference
  it("goes to the IP version that the virtual node prefers, else the one that the mesh does", async () => {
    const six = await echoServer("six", { port, host: "::1" });
    try {
      await register("a", { AWS_INSTANCE_IPV6: "::1" });
      const { proxy } = await caller();
      await reaches(proxy, "a");
      const spec = found(serviceName, "v1");
      const { awsCloudMap } = spec.serviceDiscovery;
      const prefer = (ipPreference: string) =>
        put("/shop/virtualNodes/catalog", {
          spec: { ...spec, serviceDiscovery: { awsCloudMap: { ...awsCloudMap, ipPreference } } },
        });
      await prefer("IPv6_PREFERRED");
      await reaches(proxy, "six");
      await prefer("IPv4_PREFERRED");
      await reaches(proxy, "a");
      await prefer("IPv6_ONLY");
      await reaches(proxy, "six");
      await prefer("IPv4_ONLY");
      await reaches(proxy, "a");
      await put("/shop", { spec: { serviceDiscovery: { ipPreference: "IPv6_ONLY" } } });
      await until(async () => (await outcomes(proxy)).join() === "a");
      await put("/shop/virtualNodes/catalog", { spec });
      await reaches(proxy, "six");
    } finally {
      await put("/shop", { spec: {} });
      await six.close();
    }
  });

  it("drains an instance that is unhealthy: what it has begun it ends, and nothing new comes", async () => {
    await register("a");
    const { proxy } = await caller();
    let release = () => {};
    held = new Promise((resolve) => {
      release = resolve;
    });
    const slow = call(proxy, "/slow");
    await until(() => (servers[0]?.requests ?? 0) > 0);
    await register("b");
    await cloudMap.health(service, "a", "UNHEALTHY");
    await reaches(proxy, "b");
    release();
    assert.equal(await slow, "a");
    held = undefined;
    // Where none is healthy, one that is not is better than none.
    await cloudMap.health(service, "b", "UNHEALTHY");
    await reaches(proxy, "a", "b");
    await cloudMap.health(service, "a", "HEALTHY");
    await reaches(proxy, "a");
  });

  it("tells Envoy in which zone an instance is", async () => {
    await register("a", { AVAILABILITY_ZONE: "eu-west-1a", REGION: "eu-west-1" });
    await register("b", { AVAILABILITY_ZONE: "eu-west-1b" });
    const { sidecar, proxy } = await caller();
    await reaches(proxy, "a", "b");
    const lines = (await admin(sidecar, "/clusters")).split("\n");
    const place = (name: string) =>
      ["region", "zone"].map((what) =>
        lines
          .find((line) => line.includes(`::${addresses[name]}:${port}::${what}::`))
          ?.split("::")
          .at(-1),
      );
    assert.deepEqual(
      [place("a"), place("b")],
      [
        ["eu-west-1", "eu-west-1a"],
        ["", "eu-west-1b"],
      ],
    );
  });

  it("keeps what it knew while Cloud Map is away, says so once, and goes on when it is back", async () => {
    await register("a");
    const { proxy } = await caller();
    await reaches(proxy, "a");
    const said = () => controlPlane.log().split(`does not answer for service ${serviceName}`).length - 1;
    await cloudMap.leave();
    try {
      await until(() => said() === 1);
      assert.deepEqual(await outcomes(proxy), ["a"]);
      assert.match(controlPlane.log(), /does not answer for .*; its last known endpoints stay in use/);

      // A control plane that begins meanwhile knows nothing: proxies keep what they have.
      await controlPlane.kill9();
      controlPlane = await startControlPlane({ ...options, data: controlPlane.data, xds: controlPlane.xds });
      await until(() => said() === 1);
      assert.match(controlPlane.log(), /does not answer for .*; callers that know no endpoints get 503/);
      await until(async () => (await controlPlane.call("GET", "/v1/proxies")).body.proxies.length === 1);
      await until(async () => "endpoints" in (await versions()));
      assert.deepEqual(await outcomes(proxy), ["a"]);
    } finally {
      await cloudMap.comeBack();
    }
    await register("b");
    await reaches(proxy, "a", "b");
    assert.equal(said(), 1);
  });

  it("says what to give where there are no AWS credentials; what else a proxy has to do, it does", async () => {
    const local = await startControlPlane({ env: { ...cloudMap.env, ...noCredentials } });
    try {
      await put("", { meshName: "shop" }, local);
      for (const [virtualServiceName, virtualNodeName, spec] of [
        ["catalog.local", "catalog", found("catalog", "v1")],
        [
          "plain.local",
          "plain",
          {
            listeners: [{ portMapping: { port, protocol: "http" } }],
            serviceDiscovery: { dns: { hostname: addresses.a } },
          },
        ],
      ] as const) {
        const provider = { virtualNode: { virtualNodeName } };
        await put("/shop/virtualNodes", { virtualNodeName, spec }, local);
        await put("/shop/virtualServices", { virtualServiceName, spec: { provider } }, local);
      }
      const backends = ["catalog.local", "plain.local"].map((virtualServiceName) => ({
        virtualService: { virtualServiceName },
      }));
      await put("/shop/virtualNodes", { virtualNodeName: "front", spec: { backends } }, local);
      const { proxy } = await caller(local);
      assert.equal(await call(proxy), "503 no healthy upstream");
      assert.equal(answered(await callThrough(proxy, `http://plain.local:${port}/`)), "a");
      assert.match(
        local.log(),
        /virtualNode\/catalog, spec\.serviceDiscovery\.awsCloudMap: service catalog in namespace shop\.internal cannot be looked up in AWS Cloud Map without AWS credentials: give the control plane a role, AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; callers that know no endpoints get 503/,
      );
    } finally {
      await local.stop();
    }
  });

  it("asks for nothing that no proxy is told of", async () => {
    let asked = 0;
    const counter = createServer((_, response) => {
      asked += 1;
      response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify({ Instances: [] }));
    });
    await new Promise<void>((resolve) => counter.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(counter.address() as AddressInfo).port}`;
    const local = await startControlPlane({
      env: { ...cloudMap.env, AWS_ENDPOINT_URL_SERVICEDISCOVERY: "" },
      args: ["--cloud-map-endpoint", url, "--cloud-map-interval", "0.1"],
    });
    try {
      await put("", { meshName: "shop" }, local);
      await put("/shop/virtualNodes", { virtualNodeName: "catalog", spec: found("catalog", "v1") }, local);
      await put("/shop/virtualNodes", { virtualNodeName: "front", spec: {} }, local);
      await caller(local);
      assert.equal(asked, 0);
      const provider = { virtualNode: { virtualNodeName: "catalog" } };
      const name = "catalog.local";
      await put("/shop/virtualServices", { virtualServiceName: name, spec: { provider } }, local);
      const backends = [{ virtualService: { virtualServiceName: name } }];
      await put("/shop/virtualNodes/front", { spec: { backends } }, local);
      await until(() => asked > 2);
    } finally {
      await local.stop();
      counter.close();
    }
  });
});
