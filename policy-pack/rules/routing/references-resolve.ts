import type { Path } from "@pulumi-appmesh/model";
import { meshRule } from "../../rule.js";
import { NotKnownYet } from "../../subjects/known.js";
import { anyRoute, serviceName, titles } from "../common.js";
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
    for (const entity of mesh.entities) {
      const missing = (
        path: Path,
        kind: "virtualNode" | "virtualRouter" | "virtualService",
        name: string,
      ) => {
        if (mesh.get(kind, name)) return;
        // It may be one whose name is not known before it is made.
        if (mesh.unplaced.has(kind)) throw new NotKnownYet(path);
        judge.find(entity, path, {
          message: `there is no ${titles[kind]} ${name}`,
          fix: "correct the name, or declare it",
        });
      };
      switch (entity.kind) {
        case "virtualNode":
          judge.each(
            entity,
            () => entity.spec.backends,
            ({ virtualService }, index) => {
              if (virtualService === undefined) return;
              const path = ["spec", "backends", index, "virtualService", "virtualServiceName"];
              missing(path, "virtualService", serviceName(virtualService.virtualServiceName));
            },
          );
          break;
        case "virtualService":
          judge.known(entity, () => {
            const { virtualNode, virtualRouter } = entity.spec.provider ?? {};
            const path = ["spec", "provider"];
            if (virtualNode)
              missing(
                [...path, "virtualNode", "virtualNodeName"],
                "virtualNode",
                virtualNode.virtualNodeName,
              );
            if (virtualRouter)
              missing(
                [...path, "virtualRouter", "virtualRouterName"],
                "virtualRouter",
                virtualRouter.virtualRouterName,
              );
          });
          break;
        case "route": {
          const found = judge.known(entity, () => anyRoute(entity.spec));
          judge.each(
            entity,
            () => found?.route.action.weightedTargets,
            ({ virtualNode }, index) => {
              const path = [...(found?.path ?? []), "action", "weightedTargets", index, "virtualNode"];
              missing(path, "virtualNode", virtualNode);
            },
          );
          break;
        }
        case "gatewayRoute":
          judge.known(entity, () => {
            const { httpRoute, http2Route, grpcRoute } = entity.spec;
            for (const [member, route] of Object.entries({ httpRoute, http2Route, grpcRoute })) {
              if (route === undefined) continue;
              const path = ["spec", member, "action", "target", "virtualService", "virtualServiceName"];
              missing(
                path,
                "virtualService",
                serviceName(route.action.target.virtualService.virtualServiceName),
              );
            }
          });
      }
    }
  },
});
