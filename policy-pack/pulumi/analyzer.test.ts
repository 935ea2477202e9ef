// What the engine is told of resources and stacks: each is read once for all rules, and nothing is kept between calls.
import { deepEqual, equal, throws } from "node:assert/strict";
import type { Level } from "../rule.js";
import { rules } from "../rules/index.js";
import { configure, type PackSettings } from "../settings.js";
import { unknownText } from "../testing/judged.js";
import { Analyzer, type Answer, type Given } from "./analyzer.js";
import { asSecret } from "./values.js";

const analyzer = (settings: PackSettings = { all: "mandatory" }, now?: number) =>
  new Analyzer(configure(settings), now);
const meshType = "appmesh:index:Mesh";
const nodeType = "appmesh:index:VirtualNode";
const open = { meshName: "shop", spec: { egressFilter: { type: "ALLOW_ALL" } } };
const shut = { meshName: "shop", spec: { egressFilter: { type: "DROP_ALL" } } };
const mesh = (urn: string, props: object = open) => ({ urn, type: meshType, props });
const allows = "spec.egressFilter.type: ALLOW_ALL lets traffic out to any address; set it to DROP_ALL.";

/** What is said, by the name of the rule. */
const saidBy = ({ diagnostics, notApplicable }: Answer, rule: string): string[] => [
  ...diagnostics.filter(({ policy }) => policy === rule).map(({ message }) => message),
  ...notApplicable.filter(({ policy }) => policy === rule).map(({ reason }) => `not applicable: ${reason}`),
];

/** Properties that count how often their spec is read. */
function counted(props: object): { readonly props: object; readonly reads: () => number } {
  let reads = 0;
  const members = { ...props };
  Object.defineProperty(members, "spec", {
    enumerable: true,
    get: () => {
      reads++;
      return (props as { spec: unknown }).spec;
    },
  });
  return { props: members, reads: () => reads };
}

describe("the analyzer, of one resource", () => {
  it("tells what a rule found: with its level and severity, what has to be so and why", () => {
    deepEqual(
      analyzer()
        .analyze(mesh("urn:mesh"))
        .diagnostics.filter(({ policy }) => policy === "egress-drop-all"),
      [
        {
          policy: "egress-drop-all",
          description:
            "The egress filter of a mesh is DROP_ALL. With ALLOW_ALL a program that was broken into sends what it likes to where it likes, and past every rule of the mesh.",
          level: "mandatory",
          severity: "high",
          message: allows,
          urn: "urn:mesh",
        },
      ],
    );
  });

  it("reads it once for all rules", () => {
    const { props, reads } = counted(open);
    const all = analyzer();
    all.analyze(mesh("urn:mesh", props));
    equal(reads(), 1);
    all.analyze(mesh("urn:mesh", props));
    equal(reads(), 2);
  });

  it("keeps nothing of what a resource was", () => {
    const all = analyzer();
    deepEqual(saidBy(all.analyze(mesh("urn:a")), "egress-drop-all"), [allows]);
    deepEqual(saidBy(all.analyze(mesh("urn:a", shut)), "egress-drop-all"), []);
  });

  it("lets other resources through without a word, and says why rules do not apply to ours", () => {
    const nothing = { diagnostics: [], notApplicable: [] };
    const pod = { spec: { containers: [{ name: "app", image: "shop:1" }] } };
    deepEqual(
      { ...analyzer().analyze({ urn: "urn:pod", type: "kubernetes:core/v1:Pod", props: pod }) },
      nothing,
    );
    deepEqual(
      { ...analyzer().analyze({ urn: "urn:bucket", type: "aws:s3/bucket:Bucket", props: {} }) },
      nothing,
    );
    deepEqual(saidBy(analyzer().analyze(mesh("urn:mesh")), "tls-listener-strict"), [
      "not applicable: it is about virtualNode",
    ]);
    deepEqual(saidBy(analyzer().analyze(mesh("urn:mesh")), "services-used"), []);
  });

  it("says what it waits for", () => {
    const later = "not known before `pulumi up`, which judges it";
    const listener = (mode: unknown) => ({ portMapping: { port: 1, protocol: "http" }, tls: { mode } });
    const node = (...modes: unknown[]) => ({
      urn: "urn:node",
      type: nodeType,
      props: { meshName: "shop", virtualNodeName: "web", spec: { listeners: modes.map(listener) } },
    });
    deepEqual(saidBy(analyzer().analyze(node(unknownText)), "tls-listener-strict"), [
      `not applicable: spec.listeners[0].tls.mode is ${later}`,
    ]);
    deepEqual(saidBy(analyzer().analyze(node(unknownText, unknownText)), "tls-listener-strict"), [
      `not applicable: spec.listeners[0].tls.mode, spec.listeners[1].tls.mode are ${later}`,
    ]);
    deepEqual(saidBy(analyzer().analyze(node(unknownText)), "tls-client-policy"), [
      "not applicable: it has no backend",
    ]);
    // What is found is told; what is open beside it is judged by the update.
    equal(saidBy(analyzer().analyze(node(unknownText, "DISABLED")), "tls-listener-strict").length, 1);
  });

  it("does not swallow what goes wrong", () => {
    const broken = {
      get spec(): never {
        throw new Error("the connection is lost");
      },
    };
    throws(() => analyzer().analyze(mesh("urn:broken", broken)), { message: "the connection is lost" });
  });
});

describe("the analyzer, configured by Pulumi", () => {
  const given = (entries: Record<string, Given>) => new Map(Object.entries(entries));
  const levels = (all: Analyzer) =>
    all
      .analyze(mesh("urn:mesh"))
      .diagnostics.filter(({ policy }) => ["egress-drop-all", "name-pattern"].includes(policy))
      .map(({ policy, level, message }) => [policy, level, message.split(":")[0]]);

  it("takes its levels and settings before those of the pack, and the pack's where it says nothing", () => {
    const all = analyzer({ all: "advisory", rules: { "name-pattern": { pattern: "^a" } } });
    const own = [
      "name-pattern",
      "advisory",
      "the name of mesh shop does not match ^a; give it another name.",
    ];
    deepEqual(levels(all), [["egress-drop-all", "advisory", "spec.egressFilter.type"], own]);
    all.configure(given({ "egress-drop-all": { level: "disabled", settings: {} } }));
    deepEqual(levels(all), [own]);
    all.configure(
      given({
        "egress-drop-all": { level: "remediate", settings: {} },
        "name-pattern": { settings: { pattern: "^s" } },
      }),
    );
    // What is left of a finding after the remediation stops.
    deepEqual(levels(all), [["egress-drop-all", "mandatory", "spec.egressFilter.type"]]);
    all.configure(given({}));
    deepEqual(levels(all), [["egress-drop-all", "advisory", "spec.egressFilter.type"], own]);
  });

  it("stops where that cannot be followed, and says why", () => {
    const all = analyzer();
    const names = [...rules.map(({ name }) => name), "exemptions"].join(", ");
    throws(
      () =>
        all.configure(
          given({
            "tls-strict": { settings: {} },
            "name-pattern": { settings: { pattern: "[" } },
            "retry-attempts-bounded": { settings: { maximum: 2.5 } },
            exemptions: { settings: {} },
            all: { settings: {} },
          }),
        ),
      {
        message: [
          "the settings of the policy pack cannot be followed:",
          `  rules.tls-strict: there is no such name; there are ${names}`,
          "  rules.retry-attempts-bounded.maximum: 2.5 was given; an integer of at least 0 is allowed",
          '  rules.name-pattern.pattern: "[" was given; a regular expression is allowed',
        ].join("\n"),
      },
    );
    // What was asked for before still holds.
    deepEqual(levels(all)[0]?.[0], "egress-drop-all");
  });

  it("says nothing of exemptions where that is asked for, and stops for them where that is", () => {
    const exemptions = [{ rules: ["egress-drop-all"], reason: "the lab calls all" }];
    const all = analyzer({ all: "disabled", exemptions });
    const told = () => all.analyzeStack([]).diagnostics.map(({ level, message }) => [level, message]);
    const line =
      "the exemption from egress-drop-all of all resources silenced nothing (the lab calls all): delete it if it is not needed any more";
    deepEqual(told(), [["advisory", line]]);
    for (const [level, expected] of [
      ["disabled", []],
      ["mandatory", [["mandatory", line]]],
    ] as const) {
      all.configure(given({ exemptions: { level: level as Level, settings: {} } }));
      deepEqual(told(), expected);
    }
  });
});

describe("the analyzer's remediations", () => {
  const exemptions = [{ urn: "urn:lab", rules: ["egress-drop-all"], reason: "the lab calls all" }];
  const all = analyzer({ all: "remediate", exemptions });
  const mended = (resource: { urn: string; type: string; props: object }) =>
    all.remediate(resource).remediations.map(({ policy, props }) => [policy, props]);

  it("mend what is not exempt, and leave all else as it was", () => {
    const before = structuredClone(open);
    deepEqual(mended(mesh("urn:mesh", before)), [["egress-drop-all", shut]]);
    deepEqual(before, open);
    deepEqual(mended(mesh("urn:mesh", shut)), []);
    deepEqual(mended(mesh("urn:lab")), []);
    deepEqual(mended({ urn: "urn:bucket", type: "aws:s3/bucket:Bucket", props: open }), []);
    deepEqual(mended({ urn: "urn:pod", type: "kubernetes:core/v1:Pod", props: { spec: {} } }), []);
  });

  it("count what they left alone for an exemption, and nothing that was well", () => {
    const report = (props: object) => {
      const own = analyzer({ all: "remediate", exemptions });
      own.remediate(mesh("urn:lab", props));
      return own.analyzeStack([]).diagnostics.map(({ message }) => message);
    };
    const of = "egress-drop-all of urn:lab";
    deepEqual(report(open), [`1 finding is exempt from ${of} (the lab calls all)`]);
    deepEqual(report(shut), [
      `the exemption from ${of} silenced nothing (the lab calls all): delete it if it is not needed any more`,
    ]);
  });

  it("see what those before them changed", () => {
    const tls = (mode: string) => ({
      mode,
      certificate: { file: { certificateChain: "/c", privateKey: "/k" } },
    });
    const spec = (mode: string) => ({
      listeners: [{ portMapping: { port: 1, protocol: "http" }, tls: asSecret(tls(mode)) }],
    });
    const logging = { accessLog: { file: { path: "/dev/stdout" } } };
    const props = { meshName: "shop", virtualNodeName: "web", spec: spec("PERMISSIVE") };
    deepEqual(mended({ urn: "urn:node", type: nodeType, props }), [
      ["tls-listener-strict", { ...props, spec: spec("STRICT") }],
      ["access-log", { ...props, spec: { ...spec("STRICT"), logging } }],
    ]);
  });

  it("are those of the rules that are to remediate, which say where they do not apply", () => {
    deepEqual(analyzer().remediate(mesh("urn:mesh")), { remediations: [], notApplicable: [] });
    const one = analyzer({ rules: { "egress-drop-all": "remediate" }, all: "disabled" });
    deepEqual(one.remediate({ urn: "urn:node", type: nodeType, props: { meshName: "a", spec: {} } }), {
      remediations: [],
      notApplicable: [{ policy: "egress-drop-all", reason: "it is about mesh" }],
    });
    deepEqual(one.remediate(mesh("urn:mesh")).notApplicable, []);
  });
});

describe("the analyzer, of a stack", () => {
  const service = (urn: string, virtualServiceName: string, meshName: unknown = "shop") => ({
    urn,
    type: "appmesh:index:VirtualService",
    props: { meshName, virtualServiceName, spec: {} },
  });
  const unused = (name: string) =>
    `nobody calls ${name}: it is the backend of no virtual node and the target of no gateway route; add it to the backends of its callers, or delete it.`;

  it("reads it once for all rules", () => {
    const { props, reads } = counted(open);
    const all = analyzer();
    all.analyzeStack([mesh("urn:mesh", props)]);
    equal(reads(), 1);
    all.analyzeStack([mesh("urn:mesh", props)]);
    equal(reads(), 2);
  });

  it("tells findings at the resource that declares the entity, and what is exempt with its reason", () => {
    const all = analyzer({
      all: "mandatory",
      exemptions: [
        { urn: "urn:lab", rules: ["egress-drop-all", "services-used"], reason: "the lab calls all" },
      ],
    });
    all.analyze(mesh("urn:lab"));
    const { diagnostics } = all.analyzeStack([
      mesh("urn:mesh"),
      service("urn:lab", "a"),
      service("urn:b", "b"),
    ]);
    deepEqual(
      diagnostics.map(({ policy, level, message, urn }) => ({ policy, level, message, urn })),
      [
        { policy: "services-used", level: "mandatory", message: unused("b"), urn: "urn:b" },
        {
          policy: "exemptions",
          level: "advisory",
          message: "2 findings are exempt from egress-drop-all, services-used of urn:lab (the lab calls all)",
          urn: undefined,
        },
      ],
    );
  });

  it("says why it judges nothing", () => {
    deepEqual(saidBy(analyzer().analyzeStack([]), "services-used"), [
      "not applicable: the stack declares nothing of a mesh",
    ]);
    deepEqual(saidBy(analyzer().analyzeStack([service("urn:a", "a", unknownText)]), "services-used"), [
      "not applicable: the names of its entities and meshes are not known before `pulumi up`, which judges it",
    ]);
    deepEqual(saidBy(analyzer().analyzeStack([service("urn:a", "a")]), "services-used"), [
      "not applicable: this stack does not declare mesh shop, whose other entities it does not know",
    ]);
    deepEqual(saidBy(analyzer().analyzeStack([]), "egress-drop-all"), []);
  });
});
