import { setTimeout as sleep } from "node:timers/promises";
import { typeUrls } from "./fleet.js";
import { changingNode, hostnameOf, initialWeights } from "./mesh.js";
import { now } from "./processes.js";
import { type Contender, nextChange, type Targets } from "./propagation.js";

/** What the loss of a server costs its proxies. */
export interface Restart {
  readonly server: string;
  /** ms from the kill until the server's API answers again. */
  readonly readyMs: number;
  /** ms from then until each proxy has subscribed on a new stream. Mostly Envoy's own random back-off. */
  readonly resubscribedMs: number;
  /** Sent to all proxies together although they named the versions that they hold. */
  readonly resourcesResent: number;
  readonly bytesSent: number;
  /** ms from the answer to a change made then until every proxy has acknowledged it. */
  readonly firstChangeMs: number;
}

/** Kills a server under its proxies, starts it again, and watches them come back. */
export async function restart(contender: Contender, targets: Targets): Promise<Restart> {
  await backToTheStart(contender, targets);
  return lossOf(contender, targets);
}

/** The same of a server that comes back with what its proxies have by now. */
export async function lossOf({ server, fleet }: Contender, targets: Targets): Promise<Restart> {
  await fleet.resetCounts();
  const killedAt = now();
  await server.stop("SIGKILL");
  await server.start();
  const readyAt = now();
  const { at } = await fleet.subscribed();
  await sleep(1000); // what a server sends without need, it sends now
  const { resources, wireBytes } = await fleet.counts();
  const { change, awaited } = nextChange("RDS", targets);
  await fleet.arm(awaited);
  await server.apply(change, awaited);
  const answeredAt = now();
  const { acknowledgedAt } = await fleet.arrival();
  return {
    server: server.name,
    readyMs: readyAt - killedAt,
    resubscribedMs: at - readyAt,
    resourcesResent: resources,
    bytesSent: wireBytes,
    firstChangeMs: (acknowledgedAt.at(-1) ?? Number.NaN) - answeredAt,
  };
}

/** The anchor keeps nothing: it comes back with what it was first given, and so must the proxies hold just that. */
async function backToTheStart({ server, fleet }: Contender, targets: Targets): Promise<void> {
  const changes = [
    { kind: "RDS", change: { weights: initialWeights, firstTarget: targets.CDS } },
    { kind: "CDS", change: { hostname: hostnameOf(changingNode) } },
  ] as const;
  for (const { kind, change } of changes) {
    const awaited = { typeUrl: typeUrls[kind], name: targets[kind] };
    await fleet.arm(awaited);
    await server.apply(change, awaited);
    await fleet.arrival();
  }
}
