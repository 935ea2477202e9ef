import { rule } from "../../rule.js";

export const requiredTags = rule<
  "mesh" | "virtualNode" | "virtualRouter" | "route" | "virtualService" | "virtualGateway" | "gatewayRoute",
  { tags: readonly string[] }
>({
  name: "required-tags",
  title: "Everything has an owner",
  family: "naming",
  severity: "low",
  what: "Every entity has the tags that are asked for.",
  why: "Who pays for something, and whom to wake, is on its tags.",
  remediation: ["Give the tags."],
  link: "https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html",
  level: "advisory",
  frameworks: [],
  settings: {
    tags: { type: "array", items: { type: "string" }, default: [], description: "Keys of the tags." },
  },
  kinds: [
    "mesh",
    "virtualNode",
    "virtualRouter",
    "route",
    "virtualService",
    "virtualGateway",
    "gatewayRoute",
  ],
  check({ tags }, judge) {
    const wanted = judge.config.tags;
    if (wanted.length === 0) return judge.notApplicable("no tag is asked for");
    if (tags === undefined) return judge.notApplicable("a Kubernetes object has no tags");
    const missing = wanted.filter((key) => !Object.hasOwn(tags, key));
    if (missing.length === 0) return;
    judge.find([], {
      message: `${missing.length === 1 ? "the tag" : "the tags"} ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing`,
      fix: missing.length === 1 ? "give it" : "give them",
    });
  },
});
