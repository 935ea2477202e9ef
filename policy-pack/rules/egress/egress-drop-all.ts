import { rule } from "../../rule.js";
import { deniedByDefault } from "../frameworks.js";
import { envoy } from "../links.js";

export const egressDropAll = rule({
  name: "egress-drop-all",
  title: "Nothing leaves the mesh undeclared",
  family: "egress",
  severity: "high",
  what: "The egress filter of a mesh is DROP_ALL.",
  why: "With ALLOW_ALL a program that was broken into sends what it likes to where it likes, and past every rule of the mesh.",
  remediation: [
    "Set egressFilter.type to DROP_ALL, or leave it out.",
    "Declare what is called outside as virtual nodes with virtual services.",
  ],
  link: envoy("intro/arch_overview/http/http_routing"),
  level: "mandatory",
  frameworks: deniedByDefault,
  settings: {},
  kinds: ["mesh"],
  check({ spec }, judge) {
    if (spec.egressFilter?.type !== "ALLOW_ALL") return;
    const path = ["spec", "egressFilter", "type"];
    judge.find(path, {
      message: "ALLOW_ALL lets traffic out to any address",
      fix: "set it to DROP_ALL",
      edits: [{ path, value: "DROP_ALL" }],
    });
  },
});
