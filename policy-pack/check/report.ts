import { rules as allRules } from "../rules/index.js";
import type { Checked, Open, Violation } from "./check.js";

export const formats = ["text", "json", "sarif"] as const;
export type Format = (typeof formats)[number];

/** What was found, for a reader, a program, or a code host. */
export function report({ judged, violations, open, exemptions }: Checked, format: Format): string {
  switch (format) {
    case "text":
      return [
        ...violations.map(line),
        ...open.map(
          (each) => `${each.file}: ${each.name}: [not judged] ${inWords(each.rules)}: ${leftOpen(each)}.`,
        ),
        ...exemptions,
        summary(judged, violations),
      ].join("\n");
    case "json":
      return JSON.stringify({ judged, violations: violations.map(flat), open, exemptions }, undefined, 2);
    case "sarif":
      return JSON.stringify(sarif(violations, open), undefined, 2);
  }
}

const stops = ({ level }: Violation): boolean => level !== "advisory";

/** Whether what was found is to stop whoever asked. */
export const isStopped = ({ violations }: Checked): boolean => violations.some(stops);

const sentence = ({ path, message, fix }: Violation): string =>
  `${path === "" ? "" : `${path}: `}${message}; ${fix}.`;

const line = (violation: Violation): string =>
  `${violation.file}: ${violation.name}: [${violation.level}] ${violation.rule.name}: ${sentence(violation)}`;

const leftOpen = ({ path }: Open): string =>
  `${path === "" ? "it" : path} is not known before it is deployed`;

const inWords = (rules: readonly string[]): string =>
  rules.length > mostShown ? `${rules.length} rules` : rules.join(", ");
const mostShown = 3;

function summary(judged: number, violations: readonly Violation[]): string {
  if (judged === 0) return "nothing was judged: there is nothing of a mesh in it";
  const stopping = violations.filter(stops).length;
  return violations.length === 0
    ? `nothing was found in ${judged} ${judged === 1 ? "resource" : "resources"}`
    : `${violations.length} found in ${judged} ${judged === 1 ? "resource" : "resources"}, of which ${stopping} ${stopping === 1 ? "is" : "are"} mandatory`;
}

const flat = ({ rule, ...others }: Violation) => ({ rule: rule.name, severity: rule.severity, ...others });

/** A path as a reference to a file; standard input has none. */
const uriOf = (file: string): string => encodeURI(file === "-" ? "stdin" : file.replaceAll("\\", "/"));

const locationsOf = ({ file, name }: { readonly file: string; readonly name: string }): readonly object[] => [
  {
    physicalLocation: { artifactLocation: { uri: uriOf(file) } },
    logicalLocations: [{ fullyQualifiedName: name }],
  },
];

/** Static Analysis Results Interchange Format 2.1.0, as code hosts show it. */
function sarif(violations: readonly Violation[], open: readonly Open[]): object {
  const found = [...new Set(violations.map(({ rule }) => rule))];
  const left = new Set(open.flatMap(({ rules }) => rules));
  const rules = [...found, ...allRules.filter((rule) => left.has(rule.name) && !found.includes(rule))];
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "appmesh check",
            rules: rules.map(({ name, title, what, why, remediation, link, family }) => ({
              id: name,
              name,
              shortDescription: { text: title },
              fullDescription: { text: `${what} ${why}` },
              help: { text: remediation.join(" ") },
              helpUri: link,
              properties: { tags: [family] },
            })),
          },
        },
        results: [
          ...violations.map((violation) => ({
            ruleId: violation.rule.name,
            ruleIndex: rules.indexOf(violation.rule),
            level: stops(violation) ? "error" : "warning",
            message: { text: `${violation.name}: ${sentence(violation)}` },
            locations: locationsOf(violation),
          })),
          ...open.flatMap((each) =>
            each.rules.map((name) => ({
              ruleId: name,
              ruleIndex: rules.findIndex((rule) => rule.name === name),
              kind: "open",
              level: "none",
              message: { text: `${each.name}: ${leftOpen(each)}.` },
              locations: locationsOf(each),
            })),
          ),
        ],
      },
    ],
  };
}
