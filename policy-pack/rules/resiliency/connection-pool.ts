import { rule } from "../../rule.js";
import { envoy } from "../links.js";
import { eachListenerHas } from "./listener-member.js";

export const connectionPool = rule({
  name: "connection-pool",
  title: "Overload stops at the door",
  family: "resiliency",
  severity: "low",
  what: "Every listener of a virtual node limits what reaches the application at the same time.",
  why: "Without a limit, more requests than the application can carry make all of them slow instead of some of them refused.",
  remediation: ["Give the listener a connectionPool of its protocol."],
  link: envoy("intro/arch_overview/upstream/circuit_breaking"),
  level: "advisory",
  frameworks: [],
  settings: {},
  kinds: ["virtualNode"],
  check: eachListenerHas("connectionPool", {
    message: "there is no limit",
    fix: "give a connection pool with what the application can carry",
  }),
});
