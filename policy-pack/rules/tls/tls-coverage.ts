import { meshRule } from "../../rule.js";
import type { Entity } from "../../subjects/entity.js";
import { encryptedInTransit } from "../frameworks.js";
import { envoy } from "../links.js";

export const tlsCoverage = meshRule<{ minimumPercent: number }>({
  name: "tls-coverage",
  title: "Enough of the mesh is encrypted",
  family: "tls",
  severity: "medium",
  what: "At least a given share of a mesh's listeners have TLS in mode STRICT.",
  why: "A mesh that moves to TLS step by step must not fall back behind what it had reached.",
  remediation: ["Give more listeners TLS in mode STRICT.", "Raise minimumPercent with every step."],
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
    const modes = owners.flatMap(({ spec }) =>
      (spec.listeners ?? []).map(
        (listener: { readonly tls?: { readonly mode: string } }) => listener.tls?.mode,
      ),
    );
    if (modes.length === 0) return judge.notApplicable("the mesh has no listener");
    const strict = modes.filter((mode) => mode === "STRICT").length;
    const percent = (100 * strict) / modes.length;
    const { minimumPercent } = judge.config;
    if (percent >= minimumPercent) return;
    const at = mesh.mesh ?? owners[0];
    if (at === undefined) return;
    judge.find(at, [], {
      message: `${strict} of ${modes.length} listeners of mesh ${mesh.name} have TLS in mode STRICT, which is ${Math.floor(percent)} %; at least ${minimumPercent} % is asked for`,
      fix: "give more listeners TLS in mode STRICT",
    });
  },
});
