import { meshRule } from "../../rule.js";
import type { Entity } from "../../subjects/entity.js";
import { encryptedInTransit } from "../frameworks.js";
import { envoy } from "../links.js";

interface Listener {
  readonly tls?: { readonly mode: string };
}

export const tlsCoverage = meshRule<{ minimumPercent: number }>({
  name: "tls-coverage",
  title: "Enough of the mesh is encrypted",
  family: "tls",
  severity: "medium",
  what: "At least a given share of a mesh's listeners have TLS in mode STRICT.",
  why: "A mesh that moves to TLS step by step must not fall back behind what it had reached.",
  remediation: [
    "Give more listeners TLS in mode STRICT.",
    "Raise minimumPercent with every step.",
    "Switch it off for meshes whose settings have managedTls in mode STRICT.",
  ],
  link: envoy("intro/arch_overview/security/ssl"),
  level: "advisory",
  frameworks: encryptedInTransit,
  settings: {
    minimumPercent: {
      type: "number",
      minimum: 0,
      maximum: 100,
      default: 100,
      description: "Smallest share of listeners with TLS in mode STRICT, in percent.",
    },
  },
  checkMesh(mesh, judge) {
    const owners: readonly Entity<"virtualNode" | "virtualGateway">[] = [
      ...mesh.of("virtualNode"),
      ...mesh.of("virtualGateway"),
    ];
    let strict = 0;
    let others = 0;
    // Those that are not known yet may turn out to be STRICT; how many there are of them may not be known either.
    let open = 0;
    for (const owner of owners) {
      const listeners = judge.known(owner, (): readonly Listener[] => owner.spec.listeners ?? []);
      if (listeners === undefined) open = Number.POSITIVE_INFINITY;
      for (let index = 0; index < (listeners?.length ?? 0); index++) {
        const isStrict = judge.known(owner, () => listeners?.[index]?.tls?.mode === "STRICT");
        if (isStrict === undefined) open++;
        else if (isStrict) strict++;
        else others++;
      }
    }
    const all = strict + others + open;
    if (all === 0) return judge.notApplicable("the mesh has no listener");
    const { minimumPercent } = judge.config;
    const allowedOthers = minimumPercent === 100 ? 0 : ((100 - minimumPercent) * all) / 100;
    if (others <= allowedOthers) return;
    const at = mesh.mesh ?? owners[0];
    if (at === undefined) return;
    const known = strict + others;
    const percent = Math.floor((100 * strict) / known);
    judge.find(at, [], {
      message: `${strict} of ${known} ${open > 0 ? "known " : ""}listeners of mesh ${mesh.name} have TLS in mode STRICT, which is ${percent} %; at least ${minimumPercent} % is asked for`,
      fix: "give more listeners TLS in mode STRICT",
    });
  },
});
