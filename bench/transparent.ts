import { bootstrap } from "@pulumi-appmesh/control-plane/bootstrap/bootstrap.js";
import { findEnvoy } from "@pulumi-appmesh/control-plane/envoy/find.js";
import { ensureEnvoy } from "@pulumi-appmesh/control-plane/envoy/install.js";
import { type Namespace, Network, namespacesMissing } from "@pulumi-appmesh/tests/support/namespaces.js";
import { appmesh, ControlPlane } from "./control-plane.js";
import {
  type Contender,
  createMesh,
  type DataPath,
  type DataPathPlan,
  measure,
  meshName,
  port,
  service,
} from "./data-path.js";
import { Client, envoyIn } from "./namespaces.js";
import { type At, application as applicationByHand, proxy } from "./static-envoys.js";

/** What redirected requests cost, or why that was not measured. */
export type Transparent = { readonly paths: readonly DataPath[] } | { readonly leftOut: string };

/** Of the proxies, whose own traffic is not redirected, and of the application. */
const [proxyUser, applicationUser] = [1337, 1000] as const;
const [ingressPort, egressPort] = [15000, 15001] as const;
/** The service's address, to which nothing leads but the caller's proxy: of the networks for documentation. */
const nowhere = "198.51.100.1";

/**
 * Sends requests to the service by its plain name and port, from one network namespace to an application in another.
 * `appmesh redirect` brings them to the Envoy in each; the control plane configures these, or someone by hand.
 */
export async function measureTransparent(
  say: (line: string) => void,
  plan: DataPathPlan,
): Promise<Transparent> {
  const missing = namespacesMissing({ install: false });
  if (missing !== undefined) return { leftOut: missing };
  const executable = findEnvoy() ?? (await ensureEnvoy({ progress: say }));
  const network = new Network();
  const controlPlane = new ControlPlane();
  const started: { stop(): Promise<void> }[] = [];
  const envoy = async (space: Namespace, uid: number, config: object, at: At) => {
    const one = await envoyIn(space, executable, uid, config, at);
    started.push(one);
    return one;
  };
  let pairs = 0;
  try {
    say("the same in network namespaces, redirected by iptables …");
    await controlPlane.start();
    // Nobody but its own proxy reaches the application: what is not redirected fails.
    const hidden: At = { address: "127.0.0.1", port };
    const everywhere = (port: number): At => ({ address: "0.0.0.0", port });
    const pair = async (app: At) => {
      const node = network.add(`node${pairs}`);
      const caller = network.add(`caller${pairs++}`, { [service]: nowhere });
      const application = await envoy(node, applicationUser, applicationByHand(app), app);
      return { node, caller, application };
    };
    type Pair = Awaited<ReturnType<typeof pair>>;

    const contender = (
      configured: DataPath["configured"],
      { caller, application }: Pair,
      proxies: Contender["envoys"],
    ): Contender => {
      const client = new Client(caller);
      started.push(client);
      return {
        path: { way: "sidecars", configured },
        begins: { address: service, port },
        envoys: [...proxies, application],
        load: (options) => client.load(options),
      };
    };
    const redirect = ({ node, caller }: Pair) => {
      node.run(appmesh, "redirect", "--apply", "--app-ports", String(port));
      caller.run(appmesh, "redirect", "--apply");
    };

    const byHand = async (configured: DataPath["configured"]) => {
      const two = await pair(hidden);
      const inside = proxy(everywhere(ingressPort), hidden, false, port);
      const outside = proxy(everywhere(egressPort), { address: two.node.address, port }, true, port);
      const proxies = [
        await envoy(two.node, proxyUser, inside, everywhere(ingressPort)),
        await envoy(two.caller, proxyUser, outside, everywhere(egressPort)),
      ];
      redirect(two);
      return contender(configured, two, proxies);
    };
    const byMesh = async () => {
      const two = await pair(hidden);
      await createMesh(controlPlane, two.node.address);
      // The control plane serves proxies of this machine alone.
      const xdsPort = await network.relay(Number(controlPlane.xds.split(":")[1]));
      const told = (space: Namespace, name: string, listensAt: number) => {
        const config = bootstrap({
          ...{ mesh: meshName, kind: "virtualNode", name, adminPort: 0 },
          ...{ xds: { host: network.host, port: xdsPort }, interception: { mode: "transparent" } },
        });
        return envoy(space, proxyUser, config, everywhere(listensAt));
      };
      const proxies = [
        await told(two.node, "catalog", ingressPort),
        await told(two.caller, "caller", egressPort),
      ];
      redirect(two);
      return contender("by the mesh", two, proxies);
    };
    const alone = async (): Promise<Contender> => {
      const two = await pair(everywhere(port));
      return {
        ...contender("by nobody", two, []),
        path: { way: "none", configured: "by nobody" },
        begins: { address: two.node.address, port },
      };
    };
    const contenders = [
      await alone(),
      await byHand("by hand"),
      await byHand("by hand, again"),
      await byMesh(),
    ];
    return { paths: await measure(contenders, plan) };
  } finally {
    for (const one of started.reverse()) await one.stop();
    network.close();
    await controlPlane.remove();
  }
}
