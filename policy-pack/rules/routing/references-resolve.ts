import type { Path } from "@pulumi-appmesh/model";
import { meshRule } from "../../rule.js";
import { anyRoute, serviceName } from "../common.js";
import { envoy } from "../links.js";

export const referencesResolve = meshRule({
  name: "references-resolve",
  title: "Names lead somewhere",
  family: "routing",
  severity: "high",
  what: "Backends, providers, targets and gateway routes name entities that the stack declares, where it declares the mesh.",
  why: "App Mesh takes names that lead nowhere, and the requests that follow them are answered with 503.",
  remediation: [
    "Correct the name, or declare the entity.",
    "Where another stack declares it, exempt the entity that names it.",
  ],
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
    for (const entity of mesh.entities) {
      const missing = (
        path: Path,
        kind: "virtualNode" | "virtualRouter" | "virtualService",
        name: string,
      ) => {
        if (mesh.get(kind, name)) return;
        const title = {
          virtualNode: "virtual node",
          virtualRouter: "virtual router",
          virtualService: "virtual service",
        };
        judge.find(entity, path, {
          message: `there is no ${title[kind]} ${name}`,
          fix: "correct the name, or declare it",
        });
      };
      switch (entity.kind) {
        case "virtualNode":
          entity.spec.backends?.forEach(({ virtualService }, index) => {
            if (virtualService === undefined) return;
            const path = ["spec", "backends", index, "virtualService", "virtualServiceName"];
            missing(path, "virtualService", serviceName(virtualService.virtualServiceName));
          });
          break;
        case "virtualService": {
          const { virtualNode, virtualRouter } = entity.spec.provider ?? {};
          const path = ["spec", "provider"];
          if (virtualNode)
            missing([...path, "virtualNode", "virtualNodeName"], "virtualNode", virtualNode.virtualNodeName);
          if (virtualRouter)
            missing(
              [...path, "virtualRouter", "virtualRouterName"],
              "virtualRouter",
              virtualRouter.virtualRouterName,
            );
          break;
        }
        case "route": {
          const found = anyRoute(entity.spec);
          found?.route.action.weightedTargets.forEach(({ virtualNode }, index) => {
            missing(
              [...found.path, "action", "weightedTargets", index, "virtualNode"],
              "virtualNode",
              virtualNode,
            );
          });
          break;
        }
        case "gatewayRoute": {
          const { httpRoute, http2Route, grpcRoute } = entity.spec;
          for (const [member, route] of Object.entries({ httpRoute, http2Route, grpcRoute })) {
            if (route === undefined) continue;
            const path = ["spec", member, "action", "target", "virtualService", "virtualServiceName"];
            missing(path, "virtualService", route.action.target.virtualService.virtualServiceName);
          }
        }
      }
    }
  },
});
