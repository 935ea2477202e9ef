import { rule } from "../../rule.js";
import { ecs } from "../links.js";

export const sidecarLeastPrivilege = rule({
  name: "sidecar-least-privilege",
  title: "The proxy may do what it has to",
  family: "sidecars",
  severity: "high",
  what: "Roles of containers, and policies for proxies, allow neither every action nor every action of App Mesh everywhere.",
  why: "Whoever breaks into a container has its role: one that may change the mesh sends the traffic of all services to itself.",
  remediation: [
    "Allow appmesh:StreamAggregatedResources on the ARN of the virtual node or gateway, and the actions that the application calls.",
    "Give roles that change the mesh to what deploys it.",
  ],
  link: ecs("task-iam-roles.html"),
  level: "mandatory",
  frameworks: [{ name: "NIST SP 800-53", version: "5", reference: "AC-6" }],
  settings: {},
  kinds: ["permissions"],
  check({ statements }, judge) {
    for (const { actions, isInverse, resources, path } of statements) {
      if (isInverse) {
        judge.find([...path, "NotAction"], {
          message: "all actions but some are allowed, those of App Mesh and of tomorrow included",
          fix: "name the actions by Action",
        });
      }
      const at = [...path, "Action"];
      for (const action of actions) {
        if (/^\*+(:\*+)?$/.test(action)) {
          judge.find(at, { message: `${action} allows every action`, fix: "name the actions" });
        } else if (/^appmesh:\*+$/i.test(action) && resources.some((resource) => /^\*+$/.test(resource))) {
          judge.find(at, {
            message: `${action} on every resource allows to change every mesh`,
            fix: "allow appmesh:StreamAggregatedResources on the ARN of the virtual node or gateway",
          });
        }
      }
    }
  },
});
