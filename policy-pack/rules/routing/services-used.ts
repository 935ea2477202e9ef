import { meshRule } from "../../rule.js";
import { serviceOf } from "../../subjects/calls.js";
import type { AnyEntity } from "../../subjects/entity.js";
import { serviceName } from "../common.js";
import { envoy } from "../links.js";

export const servicesUsed = meshRule({
  name: "services-used",
  title: "Virtual services have callers",
  family: "routing",
  severity: "low",
  what: "Every virtual service is the backend of a virtual node, or the target of a gateway route.",
  why: "One that nobody declares cannot be called in the mesh; calls that seem to reach it go past the mesh.",
  remediation: ["Add the virtual service to the backends of those that call it, or delete it."],
  link: envoy("intro/arch_overview/http/http_routing"),
  level: "advisory",
  frameworks: [],
  settings: {},
  checkMesh(mesh, judge) {
    if (mesh.mesh === undefined)
      return judge.notApplicable(
        `this stack does not declare mesh ${mesh.name}, whose other entities it does not know`,
      );
    const used = new Set<string>();
    // A caller that is not known yet may call any of them.
    let allCallersKnown = !mesh.unplaced.has("virtualNode") && !mesh.unplaced.has("gatewayRoute");
    for (const entity of mesh.entities) {
      const names = judge.known(entity, () => calledBy(entity));
      if (names === undefined) allCallersKnown = false;
      for (const name of names ?? []) used.add(name);
    }
    if (!allCallersKnown)
      return judge.notApplicable(
        "some callers are not known before they are made: it is judged by `pulumi up`",
      );
    for (const service of mesh.of("virtualService")) {
      const [name = ""] = service.names;
      if (used.has(name)) continue;
      judge.find(service, [], {
        message: `nobody calls ${name}: it is the backend of no virtual node and the target of no gateway route`,
        fix: "add it to the backends of its callers, or delete it",
      });
    }
  },
});

/** The virtual services that an entity calls. */
function calledBy(entity: AnyEntity): readonly string[] {
  if (entity.kind === "virtualNode")
    return (entity.spec.backends ?? []).flatMap(({ virtualService }) =>
      virtualService ? [serviceName(virtualService.virtualServiceName)] : [],
    );
  const name = entity.kind === "gatewayRoute" ? serviceOf(entity.spec) : undefined;
  return name === undefined ? [] : [name];
}
