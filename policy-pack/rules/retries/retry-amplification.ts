import { meshRule } from "../../rule.js";
import { callGraph } from "../../subjects/calls.js";
import { circles } from "../../subjects/circles.js";
import type { Entity } from "../../subjects/entity.js";
import { envoy } from "../links.js";

export const retryAmplification = meshRule<{ maximum: number }>({
  name: "retry-amplification",
  title: "Retries do not multiply without end",
  family: "retries",
  severity: "high",
  what: "Along no way through the mesh do retries multiply one request into more than a given number.",
  why: "Every service on the way retries by itself: three attempts each over four services make 81 requests of one, just when the last service is down.",
  remediation: ["Retry close to where it fails, and set maxRetries 0 on the routes above."],
  link: envoy("intro/arch_overview/http/http_routing#retry-semantics"),
  level: "advisory",
  frameworks: [],
  settings: {
    maximum: {
      type: "integer",
      minimum: 1,
      default: 27,
      description:
        "Most requests that one request may become. The default is three services of three attempts each.",
    },
  },
  checkMesh(mesh, judge) {
    const { maximum } = judge.config;
    const calls = callGraph(mesh, judge);
    if (calls.size === 0)
      return judge.notApplicable("no virtual node or gateway of this stack calls another");
    /** By virtual node or gateway: how many requests one at its door becomes, at most, and on which way. */
    const worst = new Map<Entity, Worst>();
    const isCalled = new Set<Entity>();
    // Each group comes after those that it calls.
    const groups = circles(calls.keys(), (node) => (calls.get(node) ?? []).map(({ to }) => to));
    for (const group of groups) {
      const within = new Set(group);
      const onward = group.flatMap((from) => (calls.get(from) ?? []).map((call) => ({ from, ...call })));
      for (const { to } of onward) if (!within.has(to)) isCalled.add(to);
      const endless = onward.some(({ to, attempts }) => within.has(to) && attempts > 1);
      for (const from of group) {
        const name = from.names.join("/");
        let most: Worst = endless
          ? { factor: Number.POSITIVE_INFINITY, names: [...group.map(({ names }) => names.join("/")), name] }
          : { factor: 1, names: [name] };
        for (const { to, attempts } of calls.get(from) ?? []) {
          const beyond = worst.get(to);
          if (beyond === undefined || attempts * beyond.factor <= most.factor) continue;
          most = { factor: attempts * beyond.factor, names: [name], beyond };
        }
        worst.set(from, most);
      }
    }
    for (const group of groups) {
      // What others call is told at the beginning of the way.
      if (group.some((node) => isCalled.has(node))) continue;
      const [start] = group;
      const found = start && worst.get(start);
      if (!found || found.factor <= maximum) continue;
      const way = wayOf(found).join(" -> ");
      judge.find(start, [], {
        message: Number.isFinite(found.factor)
          ? `one request may become ${found.factor} on the way ${way}, and ${maximum} are allowed`
          : `the way ${way} comes back to where it was, so that retries multiply without end`,
        fix: "lower maxRetries on the routes of that way",
      });
    }
  },
});

/** What one request becomes beyond a node. Ways are kept step by step: whole ones would grow with the square of the mesh. */
interface Worst {
  readonly factor: number;
  readonly names: readonly string[];
  readonly beyond?: Worst;
}

function wayOf(worst: Worst): readonly string[] {
  const names: string[] = [];
  for (let at: Worst | undefined = worst; at !== undefined; at = at.beyond) names.push(...at.names);
  return names;
}
