import { rule } from "../../rule.js";
import { recorded } from "../frameworks.js";
import { envoy } from "../links.js";

export const accessLog = rule({
  name: "access-log",
  title: "Requests are on record",
  family: "observability",
  severity: "medium",
  what: "Virtual nodes and gateways write an access log.",
  why: "Without one nobody can tell afterwards who called what, nor why it failed.",
  remediation: [
    "Set logging.accessLog.file.path, to /dev/stdout where the platform collects what containers print.",
  ],
  link: envoy("intro/arch_overview/observability/access_logging"),
  level: "advisory",
  frameworks: recorded,
  settings: {},
  kinds: ["virtualNode", "virtualGateway"],
  check({ spec }, judge) {
    if (spec.logging?.accessLog?.file !== undefined) return;
    judge.find(["spec", "logging", "accessLog"], {
      message: "there is no access log",
      fix: "set file.path to /dev/stdout",
      edits: [{ path: ["spec", "logging", "accessLog", "file", "path"], value: "/dev/stdout" }],
    });
  },
});
