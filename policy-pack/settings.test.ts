import { deepEqual, throws } from "node:assert/strict";
import { Exemptions, readExemptions } from "./exemptions.js";
import { rules } from "./rules/index.js";
import { configure, SettingsError } from "./settings.js";

const names = rules.map(({ name }) => name);
const levels = (settings: object) =>
  Object.fromEntries(configure(settings).rules.map(({ rule, level }) => [rule.name, level]));
const changed = (settings: object) => {
  const usual = levels({});
  return Object.fromEntries(
    Object.entries(levels(settings)).filter(([name, level]) => usual[name] !== level),
  );
};

describe("settings", () => {
  it("leave every rule at its own level where nothing is said", () => {
    deepEqual(levels({}), Object.fromEntries(rules.map(({ name, level }) => [name, level])));
    deepEqual(levels({ preset: "baseline" }), levels({}));
  });

  it("make advice mandatory in the strict preset, and proofs in zero-trust", () => {
    const strict = {
      "access-log": "mandatory",
      "connection-pool": "mandatory",
      "health-check": "mandatory",
      "outlier-detection": "mandatory",
      "references-resolve": "mandatory",
      "request-timeout": "mandatory",
      "retry-amplification": "mandatory",
      "retry-idempotent-only": "mandatory",
      "sidecar-health-checked": "mandatory",
      "sidecar-not-bypassed": "mandatory",
      "sidecar-start-order": "mandatory",
      "tls-coverage": "mandatory",
      "tls-managed-certificates": "mandatory",
      tracing: "mandatory",
    };
    deepEqual(changed({ preset: "strict" }), strict);
    deepEqual(changed({ preset: "zero-trust" }), {
      ...strict,
      "tls-mutual": "mandatory",
      "tls-names-pinned": "mandatory",
    });
  });

  it("let the more particular win", () => {
    deepEqual(
      changed({
        preset: "strict",
        all: "disabled",
        families: { egress: "remediate", naming: "advisory" },
        rules: {
          "tls-mutual": "advisory",
          "name-pattern": { level: "mandatory", pattern: "^x" },
          "egress-drop-all": {},
        },
      }),
      {
        ...Object.fromEntries(
          names
            .filter((name) => levels({})[name] !== "disabled" && name !== "required-tags")
            .map((name) => [name, "disabled"]),
        ),
        "egress-drop-all": "remediate",
        "tls-mutual": "advisory",
        "name-pattern": "mandatory",
      },
    );
  });

  it("give rules their settings, and the defaults of the others", () => {
    const config = configure({ rules: { "retry-idempotent-only": { methods: ["POST"] } } }).rules.find(
      ({ rule }) => rule.name === "retry-idempotent-only",
    )?.config;
    deepEqual(config, { methods: ["POST"], grpc: false });
  });

  it("tell of everything that is not understood, at once", () => {
    const settings = {
      presets: "strict",
      preset: "loose",
      all: 1,
      families: { tls: "mandatory", security: "mandatory", retries: "high" },
      rules: {
        "tls-strict": "mandatory",
        "tls-mutual": "on",
        "retry-attempts-bounded": { level: "always", maximum: -1, minimum: 0 },
        "tls-coverage": { minimumPercent: 101 },
        "required-tags": { tags: ["a", 1] },
        "name-pattern": { pattern: "[" },
        "sidecar-image-pinned": { minimumVersion: "latest" },
        "retry-idempotent-only": { grpc: "yes" },
        "access-log": ["mandatory"],
      },
      exemptions: [
        { rules: ["tls-strict"], reason: "because", expires: "soon", until: 1, urn: "" },
        { reason: "it is on its way out" },
        "all",
      ],
    };
    throws(
      () => configure(settings),
      (error) => {
        deepEqual((error as SettingsError).problems, [
          "presets: there is no such name; there are preset, all, families, rules, exemptions",
          'preset: "loose" was given; any of baseline, strict, zero-trust is allowed',
          "all: 1 was given; any of advisory, mandatory, remediate, disabled is allowed",
          "families.security: there is no such name; there are tls, retries, resiliency, routing, egress, observability, sidecars, naming, declarations",
          'families.retries: "high" was given; any of advisory, mandatory, remediate, disabled is allowed',
          `rules.tls-strict: there is no such name; there are ${names.join(", ")}`,
          'rules.tls-mutual: "on" was given; any of advisory, mandatory, remediate, disabled is allowed',
          "rules.tls-coverage.minimumPercent: 101 was given; a number from 0 to 100 is allowed",
          "rules.retry-attempts-bounded.minimum: there is no such name; there are level, maximum",
          'rules.retry-attempts-bounded.level: "always" was given; any of advisory, mandatory, remediate, disabled is allowed',
          "rules.retry-attempts-bounded.maximum: -1 was given; an integer of at least 0 is allowed",
          'rules.retry-idempotent-only.grpc: "yes" was given; a boolean is allowed',
          'rules.access-log: ["mandatory"] was given; an object is allowed',
          'rules.sidecar-image-pinned.minimumVersion: "latest" was given; a string that matches ^(\\d+(\\.\\d+)+)?$ is allowed',
          'rules.name-pattern.pattern: "[" was given; a regular expression is allowed',
          'rules.required-tags.tags: ["a",1] was given; a list of strings is allowed',
          "exemptions[0].until: there is no such name; there are urn, rules, reason, expires",
          'exemptions[0].urn: "" was given; a URN is allowed, in which * stands for any text',
          `exemptions[0].rules[0]: there is no rule "tls-strict"; there are ${names.join(", ")}`,
          'exemptions[0].reason: "because" was given; a reason of at least 10 characters is asked for',
          'exemptions[0].expires: "soon" was given; a day such as 2027-01-31 is allowed',
          "exemptions[1].rules: undefined was given; a list of names of rules is asked for",
          'exemptions[2]: "all" was given; an object is allowed',
        ]);
        return error instanceof SettingsError;
      },
    );
    throws(() => configure([]), {
      message:
        "the settings of the policy pack cannot be followed:\n  the settings: [] was given; an object is allowed",
    });
    throws(() => configure({ exemptions: {} }), {
      message:
        "the settings of the policy pack cannot be followed:\n  exemptions: {} was given; a list is allowed",
    });
    throws(
      () =>
        configure({
          exemptions: [{ rules: ["tls-mutual"], reason: "a long reason", expires: "2027-02-31" }],
        }),
      SettingsError,
    );
  });
});

describe("settings of rules", () => {
  const problems = (rules: object): readonly string[] => {
    try {
      configure({ rules });
      return [];
    } catch (error) {
      return (error as SettingsError).problems.map((problem) => problem.split(": ")[0] ?? "");
    }
  };

  it("may be the least and the most that is allowed, and nothing beyond", () => {
    const fits = (name: string, setting: string, ...values: unknown[]) =>
      values.filter((value) => problems({ [name]: { [setting]: value } }).length === 0);
    deepEqual(fits("tls-coverage", "minimumPercent", -0.1, 0, 12.5, 100, 100.1, "50", null), [0, 12.5, 100]);
    deepEqual(fits("retry-attempts-bounded", "maximum", -1, 0, 1.5, 2, 1e9, "2", true), [0, 2, 1e9]);
    deepEqual(fits("request-timeout", "maximumSeconds", 0, 1), [1]);
    deepEqual(fits("name-pattern", "pattern", "", "^(?=a)", "(", "[", "\\p{L}", "\\u{", 5), [
      "",
      "^(?=a)",
      "\\p{L}",
    ]);
    deepEqual(fits("sidecar-image-pinned", "minimumVersion", "", "1.40", "1.40.0", "1", "v1.40.0", "1.x"), [
      "",
      "1.40",
      "1.40.0",
    ]);
    deepEqual(fits("required-tags", "tags", [], ["a"], ["a", 1], "a", { 0: "a" }), [[], ["a"]]);
    deepEqual(fits("retry-idempotent-only", "grpc", true, false, "true", 1), [true, false]);
  });

  it("are told by name where they are not objects", () => {
    for (const given of [null, 5, []]) deepEqual(problems({ "tls-mutual": given }), ["rules.tls-mutual"]);
    for (const settings of [null, "strict", 5])
      throws(() => configure(settings), {
        name: "SettingsError",
        message: `the settings of the policy pack cannot be followed:\n  the settings: ${JSON.stringify(settings)} was given; an object is allowed`,
      });
  });

  it("are told each on a line of its own", () => {
    throws(() => configure({ all: 1, preset: 2 }), {
      message: [
        "the settings of the policy pack cannot be followed:",
        "  preset: 2 was given; any of baseline, strict, zero-trust is allowed",
        "  all: 1 was given; any of advisory, mandatory, remediate, disabled is allowed",
      ].join("\n"),
    });
  });
});

describe("exemptions", () => {
  it("are what they say, or are told to be wrong", () => {
    const reason = "0123456789";
    const good = { urn: "*::web", rules: ["tls-mutual"], reason, expires: "2028-02-29" };
    deepEqual(configure({ exemptions: [good, { rules: good.rules, reason }] }).exemptions, [
      good,
      { rules: good.rules, reason },
    ]);
    deepEqual(configure({}).exemptions, []);
    const problems = (...exemptions: unknown[]): string[] => {
      const found: string[] = [];
      deepEqual(readExemptions(exemptions, ["tls-mutual"], found), []);
      return found.map((problem) => problem.slice(0, problem.indexOf(" was given")));
    };
    for (const given of [null, 5]) deepEqual(problems(given), [`exemptions[0]: ${given}`]);
    for (const urn of [5, "", null])
      deepEqual(problems({ ...good, urn }), [`exemptions[0].urn: ${JSON.stringify(urn)}`]);
    for (const rules of [[], "tls-mutual", {}])
      deepEqual(problems({ ...good, rules }), [`exemptions[0].rules: ${JSON.stringify(rules)}`]);
    for (const short of ["012345678", "   0123456    ", 5, undefined])
      deepEqual(problems({ ...good, reason: short }), [`exemptions[0].reason: ${JSON.stringify(short)}`]);
    for (const expires of [
      "2027-02-29",
      "x2027-01-01",
      "2027-01-01x",
      "2027-1-1",
      20270101,
      null,
      ["2027-01-01"],
    ])
      deepEqual(problems({ ...good, expires }), [`exemptions[0].expires: ${JSON.stringify(expires)}`]);
    const none: string[] = [];
    deepEqual(
      [readExemptions("all", [], none), none],
      [[], ['exemptions: "all" was given; a list is allowed']],
    );
  });

  it("take * for any text, lines and signs included, and nothing else for a sign", () => {
    const covered = (pattern: string, ...urns: string[]) => {
      const exemptions = new Exemptions([{ urn: pattern, rules: ["a"], reason: "" }], 0);
      return urns.filter((urn) => exemptions.covers("a", urn));
    };
    deepEqual(covered("a*b", "ab", "axxb", "a\nb", "xab", "abx", "a"), ["ab", "axxb", "a\nb"]);
    deepEqual(covered("a**b", "ab", "axb"), ["ab", "axb"]);
    deepEqual(covered("a.b(c)[d]", "a.b(c)[d]", "axb(c)[d]"), ["a.b(c)[d]"]);
    deepEqual(covered("a+", "a+", "aa"), ["a+"]);
  });

  const urn = "urn:pulumi:prod::shop::appmesh:index:VirtualNode::catalog-v1";
  const now = Date.parse("2026-11-23T12:00:00Z");
  const reason = "moves to TLS in December";

  it("cover rules and resources that they name, until their day is over", () => {
    const exemptions = new Exemptions(
      [
        { urn: "*::catalog-v?", rules: ["tls-mutual"], reason },
        {
          urn: "urn:pulumi:prod::*::catalog-*",
          rules: ["tls-listener-strict"],
          reason,
          expires: "2026-11-23",
        },
        { rules: ["tls-client-policy"], reason, expires: "2026-11-22" },
        { rules: ["access-log"], reason },
      ],
      now,
    );
    const covered = [
      "tls-mutual",
      "tls-listener-strict",
      "tls-client-policy",
      "access-log",
      "egress-drop-all",
    ].filter((rule) => exemptions.covers(rule, urn));
    deepEqual(covered, ["tls-listener-strict", "access-log"]);
    deepEqual(exemptions.covers("access-log", "urn:other"), true);
    deepEqual(exemptions.covers("access-log", "urn:other"), true);
    deepEqual(exemptions.report(), [
      `the exemption from tls-mutual of *::catalog-v? silenced nothing (${reason}): delete it if it is not needed any more`,
      `1 finding is exempt from tls-listener-strict of urn:pulumi:prod::*::catalog-* (${reason}, until 2026-11-23)`,
      `the exemption from tls-client-policy of all resources ended on 2026-11-22 (${reason}): it is over`,
      `2 findings are exempt from access-log of all resources (${reason})`,
    ]);
  });
});
