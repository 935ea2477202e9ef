import { rule } from "../../rule.js";
import { leastPrivilege } from "../frameworks.js";
import { ecs } from "../links.js";
import { tooMuch, tooMuchOfAws } from "./too-much.js";

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
  frameworks: leastPrivilege,
  settings: {},
  kinds: ["permissions"],
  check(permissions, judge) {
    for (const each of permissions.managed) {
      const found = tooMuchOfAws(each);
      if (found) judge.find(found.path, found);
    }
    for (const statement of permissions.statements)
      for (const found of tooMuch(statement)) judge.find(found.path, found);
  },
});
