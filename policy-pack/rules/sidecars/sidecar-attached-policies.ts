import { rule } from "../../rule.js";
import { leastPrivilege } from "../frameworks.js";
import { ecs } from "../links.js";
import { tooMuch, tooMuchOfAws } from "./too-much.js";

export const sidecarAttachedPolicies = rule({
  name: "sidecar-attached-policies",
  title: "Nothing is attached to the proxy's role that allows too much",
  family: "sidecars",
  severity: "high",
  what: "Policies that are attached to roles of containers, or given to them by resources of their own, allow neither every action nor every action of App Mesh everywhere.",
  why: "A role that is modest in itself is as mighty as the mightiest policy that is attached to it.",
  remediation: [
    "Attach a policy that allows appmesh:StreamAggregatedResources on the ARN of the virtual node or gateway, and the actions that the application calls.",
    "Give roles that change the mesh to what deploys it.",
  ],
  link: ecs("task-iam-roles.html"),
  level: "mandatory",
  frameworks: leastPrivilege,
  settings: {},
  kinds: ["grant"],
  check(grant, judge) {
    const has = `, and ${grant.to.length === 1 ? "role" : "roles"} ${grant.to.join(", ")} of containers ${grant.to.length === 1 ? "has" : "have"} it`;
    const found = [
      ...grant.managed.flatMap((each) => tooMuchOfAws(each) ?? []),
      ...grant.statements.flatMap(tooMuch),
    ];
    for (const { path, message, fix } of found) judge.find(path, { message: `${message}${has}`, fix });
  },
});
