import { meshRule } from "../../rule.js";
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
    if (!mesh.allNamesKnown)
      return judge.notApplicable(
        "some names are not known before they are made: it is judged by `pulumi up`",
      );
    const used = new Set<string>();
    for (const entity of mesh.entities) {
      if (entity.kind === "virtualNode") {
        for (const { virtualService } of entity.spec.backends ?? [])
          if (virtualService) used.add(serviceName(virtualService.virtualServiceName));
      } else if (entity.kind === "gatewayRoute") {
        const route = entity.spec.httpRoute ?? entity.spec.http2Route ?? entity.spec.grpcRoute;
        if (route) used.add(route.action.target.virtualService.virtualServiceName);
      }
    }
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
