import { rule } from "../../rule.js";
import { ecs } from "../links.js";

export const sidecarEssential = rule({
  name: "sidecar-essential",
  title: "No task without its proxy",
  family: "sidecars",
  severity: "medium",
  what: "A proxy is an essential container of its task.",
  why: "A task whose proxy has ended goes on without a way in or out, and nobody replaces it.",
  remediation: ["Leave essential out, or set it to true."],
  link: ecs("task_definition_parameters.html"),
  level: "mandatory",
  frameworks: [],
  settings: {},
  kinds: ["workload"],
  check({ form, containers }, judge) {
    if (form !== "ecs") return judge.notApplicable("every container of a pod is started again");
    judge.each(containers, [], (container) => {
      if (!container.isProxy || container.essential) return;
      judge.find(container.at.essential, {
        message: "the task goes on when its proxy has ended",
        fix: "set it to true",
      });
    });
  },
});
