import { rule } from "../../rule.js";
import { ecs } from "../links.js";

export const sidecarRedirection = rule({
  name: "sidecar-redirection",
  title: "The proxy's own traffic gets out",
  family: "sidecars",
  severity: "high",
  what: "What is redirected to a proxy leaves out what the proxy itself sends.",
  why: "Otherwise its connections come back to it, round and round, and nothing ever leaves the task.",
  remediation: [
    "Set IgnoredUID of proxyConfiguration to the user of the proxy's container, 1337 by convention.",
  ],
  link: ecs("task_definition_parameters.html"),
  level: "mandatory",
  frameworks: [],
  settings: {},
  kinds: ["workload"],
  check({ form, containers, redirection }, judge) {
    if (form !== "ecs" || redirection === undefined)
      return judge.notApplicable("nothing is redirected by ECS");
    const proxy = containers.find(({ name }) => name === redirection.container);
    if (proxy === undefined) {
      judge.find(["proxyConfiguration", "containerName"], {
        message: `there is no container ${redirection.container}`,
        fix: "name the proxy's container",
      });
      return;
    }
    const { ignoredUser, ignoredGroup } = redirection;
    const [user, group] = proxy.user?.split(":") ?? [];
    if (ignoredUser !== undefined && ignoredUser === user) return;
    if (ignoredGroup !== undefined && ignoredGroup === group) return;
    const ignored = [
      ...(ignoredUser === undefined ? [] : [`user ${ignoredUser}`]),
      ...(ignoredGroup === undefined ? [] : [`group ${ignoredGroup}`]),
    ];
    const isGroupAlone = ignoredUser === undefined && ignoredGroup !== undefined;
    judge.find([...redirection.path, isGroupAlone ? "IgnoredGID" : "IgnoredUID"], {
      message: `${ignored.join(" and ") || "no user"} ${ignored.length > 1 ? "are" : "is"} ignored, and the proxy runs as ${proxy.user ?? "whoever its image says"}`,
      fix: "set IgnoredUID and the container's user to the same, such as 1337",
    });
  },
});
