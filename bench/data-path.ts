import { bootstrap } from "@pulumi-appmesh/control-plane/bootstrap/bootstrap.js";
import { findEnvoy } from "@pulumi-appmesh/control-plane/envoy/find.js";
import { ensureEnvoy } from "@pulumi-appmesh/control-plane/envoy/install.js";
import type { Address } from "@pulumi-appmesh/provider/client/appmesh.js";
import { ControlPlane, freePort } from "./control-plane.js";
import { Envoy, loopbackAddress } from "./envoy.js";
import { load as loadFromHere } from "./load.js";
import { type At, application as applicationByHand, gateway, proxy } from "./static-envoys.js";
import { quantile } from "./table.js";

/** One way through proxies, whoever configured them. */
export interface DataPath {
  readonly way: "none" | "sidecars" | "gateway";
  readonly configured: "by nobody" | "by hand" | "by hand, again" | "by the mesh";
  /** Of all rounds with 16 connections. */
  requestsPerSecond: number;
  /** CPU of its proxies and the application for each of those requests, µs. */
  cpuMicros: number;
  /** Of all rounds with one connection: ms. */
  p50: number;
  p99: number;
  rounds: number;
}

export interface DataPathPlan {
  readonly rounds: number;
  /** Of each measurement. Short ones in many rounds see the same of what else the machine does. */
  readonly ms: number;
}

export const [meshName, service] = ["bench", "catalog.bench.local"] as const;
export const port = 8080;
/** Of what callers call, and of the gateway. */
const [egressPort, edgePort] = [15001, 8088] as const;

/** A way to be measured: where it begins, and the processes behind it. */
export interface Contender {
  readonly path: Pick<DataPath, "way" | "configured">;
  readonly begins: At;
  readonly envoys: readonly { readonly program: { exactCpuMs(): number } }[];
  /** Sends the requests. */
  readonly load: typeof loadFromHere;
}

/**
 * Sends the same requests through a caller's and an application's proxy, and through a gateway, as the control plane
 * tells them over ADS and as one would write them by hand; in turns, so that what disturbs the machine disturbs all.
 */
export async function measureDataPath(say: (line: string) => void, plan: DataPathPlan): Promise<DataPath[]> {
  const envoy = findEnvoy() ?? (await ensureEnvoy({ progress: say }));
  const controlPlane = new ControlPlane();
  const started: Envoy[] = [];
  const start = async (config: object, at: At) => {
    const one = await Envoy.start(envoy, config, `${at.address}:${at.port}`);
    started.push(one);
    return one;
  };
  try {
    say("a mesh of two virtual nodes and a gateway, and the same by hand …");
    await controlPlane.start();
    const app = { address: "127.0.0.1", port: await freePort() };
    const hand = await loopbackAddress(port, egressPort, edgePort);
    const mesh = {
      node: await loopbackAddress(port, egressPort),
      caller: await loopbackAddress(egressPort),
      edge: await loopbackAddress(edgePort, egressPort),
    };
    await createMesh(controlPlane, mesh.node);
    const application = await start(applicationByHand(app), app);

    const at = (address: string, port: number): At => ({ address, port });
    const sidecarsByHand = async (address: string) => [
      await start(proxy(at(address, port), app, false), at(address, port)),
      await start(proxy(at(address, egressPort), at(address, port), true), at(address, egressPort)),
    ];
    const sidecars = await sidecarsByHand(hand);
    // The same once more: what differs between the two is the noise of the machine.
    const again = await loopbackAddress(port, egressPort);
    const sidecarsAgain = await sidecarsByHand(again);
    const edge = await start(
      gateway(at(hand, edgePort), at(hand, port), "/shop", service),
      at(hand, edgePort),
    );

    const told = (kind: "virtualNode" | "virtualGateway", name: string, { address, port }: At) => {
      const [host = "", xdsPort] = controlPlane.xds.split(":");
      const config = bootstrap({
        ...{ mesh: meshName, kind, name, adminPort: 0, xds: { host, port: Number(xdsPort) } },
        interception: { mode: "explicit", address, appPorts: { "*": app.port } },
      });
      return start(config, { address, port });
    };
    const meshNode = await told("virtualNode", "catalog", at(mesh.node, port));
    const meshCaller = await told("virtualNode", "caller", at(mesh.caller, egressPort));
    const meshEdge = await told("virtualGateway", "edge", at(mesh.edge, edgePort));

    const contender = (
      way: DataPath["way"],
      configured: DataPath["configured"],
      begins: At,
      envoys: readonly Envoy[],
    ): Contender => ({
      path: { way, configured },
      begins,
      envoys: [...envoys, application],
      load: loadFromHere,
    });
    const contenders = [
      contender("none", "by nobody", app, []),
      contender("sidecars", "by hand", at(hand, egressPort), sidecars),
      contender("sidecars", "by hand, again", at(again, egressPort), sidecarsAgain),
      contender("sidecars", "by the mesh", at(mesh.caller, egressPort), [meshCaller, meshNode]),
      contender("gateway", "by hand", at(hand, edgePort), [edge, ...sidecars.slice(0, 1)]),
      contender("gateway", "by the mesh", at(mesh.edge, edgePort), [meshEdge, meshNode]),
    ];
    return await measure(contenders, plan);
  } finally {
    for (const one of started.reverse()) await one.stop();
    await controlPlane.remove();
  }
}

export async function createMesh({ api }: ControlPlane, nodeAt: string): Promise<void> {
  const create = (kind: Address["kind"], names: readonly string[], spec: unknown) =>
    api.create({ kind, names: [meshName, ...names] }, spec, {});
  const listener = (port: number) => ({ portMapping: { port, protocol: "http" } });
  await create("mesh", [], {});
  await create("virtualNode", ["catalog"], {
    listeners: [listener(port)],
    serviceDiscovery: { dns: { hostname: nodeAt } },
  });
  await create("virtualService", [service], { provider: { virtualNode: { virtualNodeName: "catalog" } } });
  const virtualService = { virtualServiceName: service };
  await create("virtualNode", ["caller"], { backends: [{ virtualService }] });
  await create("virtualGateway", ["edge"], { listeners: [listener(edgePort)] });
  await create("gatewayRoute", ["edge", "shop"], {
    httpRoute: { match: { prefix: "/shop" }, action: { target: { virtualService } } },
  });
}

export async function measure(
  contenders: readonly Contender[],
  { rounds, ms }: DataPathPlan,
): Promise<DataPath[]> {
  const sums = new Map(
    contenders.map((one) => [one, { requests: 0, seconds: 0, sent: 0, cpuMs: 0, latencies: [] as number[] }]),
  );
  for (let round = 0; round < rounds + 1; round++) {
    // Each begins as often as the others.
    const turn = round % contenders.length;
    for (const one of [...contenders.slice(turn), ...contenders.slice(0, turn)]) {
      const { path, begins, envoys, load } = one;
      const url = path.way === "gateway" ? "/shop/" : "/";
      const options = {
        host: begins.address,
        port: begins.port,
        path: url,
        authority: `${service}:${port}`,
        ms,
      };
      const cpuMs = () => envoys.reduce((sum, { program }) => sum + program.exactCpuMs(), 0);
      const before = cpuMs();
      const many = await load({ ...options, connections: 16 });
      const used = cpuMs() - before;
      const single = await load({ ...options, connections: 1 });
      const failures = many.failures + single.failures;
      if (failures > 0) throw new Error(`${path.way} ${path.configured}: ${failures} requests failed`);
      const sum = sums.get(one);
      if (round === 0 || sum === undefined) continue; // the first round of each is not counted
      sum.requests += many.requests;
      sum.seconds += many.seconds;
      sum.sent += many.sent;
      sum.cpuMs += used;
      for (const latency of single.latencies) sum.latencies.push(latency);
    }
  }
  return [...sums].map(([{ path }, { requests, seconds, sent, cpuMs, latencies }]) => ({
    ...path,
    requestsPerSecond: requests / seconds,
    cpuMicros: (cpuMs / sent) * 1000,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    rounds,
  }));
}
