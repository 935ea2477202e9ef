import { rule } from "../../rule.js";
import { deniedByDefault } from "../frameworks.js";
import { ecs } from "../links.js";
import { helpers } from "./helpers.js";

export const sidecarNotBypassed = rule<"workload", { others: readonly string[] }>({
  name: "sidecar-not-bypassed",
  title: "No application goes around the proxy",
  family: "sidecars",
  severity: "high",
  what: "No container of an application runs as the user or the group whose traffic is not redirected, and not every address is left out.",
  why: "What such an application sends has neither TLS nor the mesh's rules on egress, and nobody sees it in an access log.",
  remediation: [
    "Give the application a user and a group other than those of the proxy.",
    "Leave out single addresses by EgressIgnoredIPs, such as those of metadata.",
  ],
  link: ecs("task_definition_parameters.html"),
  level: "advisory",
  frameworks: deniedByDefault,
  settings: {
    others: {
      type: "array",
      items: { type: "string" },
      default: helpers,
      description: "Parts of names of containers that may go around it: tracers and log routers.",
    },
  },
  kinds: ["workload"],
  check({ form, containers, redirection }, judge) {
    if (form !== "ecs" || redirection === undefined)
      return judge.notApplicable("nothing is redirected by ECS");
    const { ignoredUser, ignoredGroup, ignoredAddresses, path } = redirection;
    if (ignoredAddresses.some((address) => /\/0$/.test(address)))
      judge.find([...path, "EgressIgnoredIPs"], {
        message: `${ignoredAddresses.join(",")} leaves out every address`,
        fix: "leave out single addresses",
      });
    const proxy = containers.find(({ isProxy }) => isProxy);
    judge.each(containers, [], (container) => {
      const { name, isProxy, isLogRouter, at } = container;
      if (isProxy || isLogRouter || judge.config.others.some((other) => name.includes(other))) return;
      // What prepares the proxy runs before it.
      if (proxy?.startsAfter.includes(name)) return;
      const [user, group] = container.user?.split(":") ?? [];
      const isIgnoredUser = user !== undefined && user === ignoredUser;
      const isIgnoredGroup = group !== undefined && group === ignoredGroup;
      if (!isIgnoredUser && !isIgnoredGroup) return;
      // What has the proxy's own image serves it: it drains the proxy when the task stops.
      if (container.image === proxy?.image) return;
      judge.find(at.user, {
        message: `${name} runs as ${isIgnoredUser ? user : `group ${group}`}, whose traffic is not redirected to the proxy`,
        fix: isIgnoredUser ? "give it another user" : "give it another group",
      });
    });
  },
});
