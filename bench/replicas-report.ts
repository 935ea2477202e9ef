import type { ReplicaResults } from "./replicas.js";
import { figure, quantile, ratio, table } from "./table.js";

/**
 * US dollars for a million request units on demand, in us-east-1, as AWS's public price list for Amazon DynamoDB has them
 * since 2024-11-01. Reads are strongly consistent and below 4 KB, writes below 1 KB: a unit each.
 */
const price = { read: 0.125, write: 0.625 };
const hoursOfMonth = 730;
const writes = new Set(["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"]);

export function printReplicas(results: ReplicaResults | undefined): void {
  if (results === undefined) return;
  const { proxies, propagation, death, memory, idle } = results;
  const [alone] = propagation;
  if (alone === undefined) return;
  console.log(
    `\nFrom one control plane to ${proxies} proxies of another: ms from the API's answer until all have acknowledged a change.\n` +
      "Beside one process on SQLite and its own proxies. Aims for p99: 300 by poll, 60 with notices\n",
  );
  const p = (each: readonly number[], q: number) => quantile(each, q);
  console.log(
    table(
      ["", "p50", "p99", "ratio p50", "from request p50", "each proxy p50", "each proxy p99", "rounds"],
      propagation.map(({ server, last, lastFromRequest, eachP50, eachP99, rounds }) => [
        server,
        figure(p(last, 0.5)),
        figure(p(last, 0.99)),
        ratio(p(last, 0.5), p(alone.last, 0.5)),
        figure(p(lastFromRequest, 0.5)),
        figure(eachP50),
        figure(eachP99),
        String(rounds),
      ]),
    ),
  );
  console.log(
    `\nA control plane dies under ${proxies} proxies: all are at another after ${figure(death.resubscribedMs)} ms (aim: 5000), and ` +
      `${death.resourcesResent} resources\nwere sent again (aim: 0). The next change was with all of them after ${figure(death.firstChangeMs)} ms`,
  );
  console.log("\nResident memory of a control plane, KiB for each proxy (above its memory with no proxy)\n");
  console.log(
    table(
      ["", "after connecting", "after a collection", "MiB with none"],
      memory.map(({ server, asItIs, collected, empty, proxies: of }) => [
        server === "mutual TLS" ? server : "plain text",
        figure((asItIs - empty) / of),
        figure((collected - empty) / of),
        figure(empty / 1024),
      ]),
    ),
  );
  const month = Object.entries(idle.perHour).reduce(
    (sum, [operation, n]) =>
      sum + (n * hoursOfMonth * (writes.has(operation) ? price.write : price.read)) / 1e6,
    0,
  );
  const asked = Object.entries(idle.perHour).map(([operation, n]) => `${Math.round(n)} ${operation}`);
  console.log(
    `\nWithout a change, a control plane asks its table in an hour (counted in ${idle.seconds} s, with notices): ${asked.join(", ")}:\n` +
      `${month.toFixed(2)} US dollars a month on demand in us-east-1, at ${price.read} for a million reads and ${price.write} for a million writes`,
  );
}
