import assert from "node:assert/strict";
import fc from "fast-check";
import { entityTypes } from "./entities.js";
import { accountId, arn, resourceName, serviceName } from "./names.js";
import {
  atMostOne,
  boolean,
  enumeration,
  exactlyOne,
  integer,
  json,
  list,
  map,
  number,
  optional,
  required,
  type Shape,
  string,
  structure,
  union,
} from "./shape.js";
import { TagList } from "./tag.js";
import { arbitrary, breakages } from "./testing/index.js";
import { maxViolations, validate } from "./validate.js";
import { formatPath, formatViolation } from "./violation.js";

const errors = (shape: Shape, value: unknown, options = {}) =>
  validate(shape, value, options).map(formatViolation);

const Point = structure("Point", "A point.", {
  x: required(integer(), "Across."),
  y: required(integer({ min: 0 }), "Up."),
  label: optional(string({ maxLength: 3 }), "Shown beside it."),
});
const Colour = enumeration("Colour", "A colour.", { red: "Like blood.", green: "Like grass." });
const Pick = union("Pick", "One thing.", {
  point: optional(Point, "A point."),
  colour: optional(Colour, "A colour."),
  flag: optional(boolean(), "A flag."),
});

describe("validate", () => {
  describe("what is right", () => {
    it("is nothing to report", () => {
      assert.deepEqual(
        validate(list(Pick), [{ point: { x: -1, y: 0, label: "abc" } }, { colour: "red" }, { flag: false }]),
        [],
      );
    });

    it("may be made without a prototype", () => {
      assert.deepEqual(validate(Point, Object.assign(Object.create(null), { x: 1, y: 2 })), []);
    });

    it("may hold members that are undefined, which JSON leaves out", () => {
      assert.deepEqual(validate(Point, { x: 1, y: 2, label: undefined, unheardOf: undefined }), []);
    });

    it("counts characters, not the units in which they are stored", () => {
      assert.deepEqual(errors(string({ maxLength: 3 }), "\u{1f680}\u{1f680}\u{1f680}"), []);
      assert.deepEqual(errors(string({ maxLength: 3 }), "\u{1f680}\u{1f680}\u{1f680}\u{1f680}"), [
        '"\u{1f680}\u{1f680}\u{1f680}\u{1f680}" was given; a string of at most 3 characters is allowed.',
      ]);
      assert.deepEqual(errors(string({ minLength: 2 }), "\u{1f680}"), [
        '"\u{1f680}" was given; a string of at least 2 characters is allowed.',
      ]);
    });
  });

  describe("sentences", () => {
    const cases: [Shape, unknown, string[]][] = [
      [string(), 5, ["5 was given; a string is allowed."]],
      [string({ minLength: 1 }), "", ['"" was given; a string of at least 1 character is allowed.']],
      [
        string({ minLength: 1, maxLength: 255 }),
        "",
        ['"" was given; a string of 1 to 255 characters is allowed.'],
      ],
      [
        resourceName,
        "a/b",
        [
          '"a/b" was given; a string of 1 to 255 characters without "/" and control characters and not only dots is allowed.',
        ],
      ],
      [accountId, "12", ['"12" was given; a string of exactly 12 digits is allowed.']],
      [
        arn,
        "certificate",
        [
          '"certificate" was given; an Amazon Resource Name, such as arn:aws:acm:us-east-1:123456789012:certificate/1a2b is allowed.',
        ],
      ],
      [integer(), "7", ['"7" was given; an integer is allowed.']],
      [integer(), 2 ** 53, ["9007199254740992 was given; an integer is allowed."]],
      [integer({ min: 1 }), 0, ["0 was given; an integer of at least 1 is allowed."]],
      [integer({ max: 1 }), 2, ["2 was given; an integer of at most 1 is allowed."]],
      [integer({ min: 1, max: 65535 }), 70000, ["70000 was given; an integer from 1 to 65535 is allowed."]],
      [integer({ min: 1, max: 65535 }), 80.5, ["80.5 was given; an integer from 1 to 65535 is allowed."]],
      [boolean(), "true", ['"true" was given; true or false is allowed.']],
      [boolean(), 1n, ["1 was given; true or false is allowed."]],
      [boolean(), () => 1, ["a function was given; true or false is allowed."]],
      [Colour, "blue", ['"blue" was given; "red" or "green" is allowed.']],
      [Colour, "toString", ['"toString" was given; "red" or "green" is allowed.']],
      [list(integer()), {}, ["an object was given; a list is allowed."]],
      [
        list(integer(), { minItems: 1 }),
        [],
        ["a list of 0 items was given; a list of at least 1 item is allowed."],
      ],
      [
        list(integer(), { minItems: 2, maxItems: 3 }),
        [1],
        ["a list of 1 item was given; a list of 2 to 3 items is allowed."],
      ],
      [
        list(integer(), { maxItems: 1 }),
        [1, "2"],
        [
          "a list of 2 items was given; a list of at most 1 item is allowed.",
          '[1]: "2" was given; an integer is allowed.',
        ],
      ],
      [list(integer()), [1, undefined], ["[1]: nothing was given; an integer is allowed."]],
      [Point, [], ["a list of 0 items was given; an object with x, y and label is allowed."]],
      [Point, new Date(0), ["an object was given; an object with x, y and label is allowed."]],
      [Point, null, ["null was given; an object with x, y and label is allowed."]],
      [Point, undefined, ["nothing was given; an object with x, y and label is allowed."]],
      [
        Point,
        { label: "abcd" },
        [
          "x: nothing was given; an integer is required.",
          "y: nothing was given; an integer of at least 0 is required.",
          'label: "abcd" was given; a string of at most 3 characters is allowed.',
        ],
      ],
      [
        Point,
        { x: null, y: 0, label: null },
        [
          "x: null was given; an integer is allowed.",
          "label: null was given; a string of at most 3 characters is allowed. Leave the member out to have none.",
        ],
      ],
      [Pick, "red", ['"red" was given; an object with exactly one of point, colour or flag is allowed.']],
      [Pick, {}, ["none of point, colour and flag was given; exactly one of them is required."]],
      [
        Pick,
        { colour: "red", flag: 1 },
        [
          "colour and flag were given; exactly one of point, colour and flag is allowed.",
          "flag: 1 was given; true or false is allowed.",
        ],
      ],
      [
        union("Only", "One.", { one: optional(integer(), "One.") }),
        {},
        ["no one was given; it is required."],
      ],
      [
        structure(
          "Two",
          "Two.",
          { a: optional(integer(), "A."), b: optional(integer(), "B.") },
          exactlyOne("a", "b"),
        ),
        {},
        ["neither a nor b was given; exactly one of them is required."],
      ],
      [
        structure(
          "Two",
          "Two.",
          { a: optional(integer(), "A."), b: optional(integer(), "B.") },
          atMostOne("a", "b"),
        ),
        { a: 1, b: 2 },
        ["a and b were given; at most one of a and b is allowed."],
      ],
    ];
    for (const [shape, value, expected] of cases) {
      it(expected.join(" ").slice(0, 100), () => assert.deepEqual(errors(shape, value), expected));
    }
  });

  describe("unknown members", () => {
    it("are refused with the member that was meant", () => {
      assert.deepEqual(errors(Point, { x: 1, y: 2, lable: "a", X: 1, far: 1 }), [
        'lable: "lable" is not a member of Point; x, y and label are allowed. Did you mean label?',
        'X: "X" is not a member of Point; x, y and label are allowed. Did you mean x?',
        'far: "far" is not a member of Point; x, y and label are allowed.',
      ]);
    });

    it("are refused when they are named like something that every object has", () => {
      const value = JSON.parse(
        '{"x": 1, "y": 2, "__proto__": {"label": "abcdef"}, "constructor": 1, "toString": 2}',
      );
      assert.deepEqual(errors(Point, value), [
        '__proto__: "__proto__" is not a member of Point; x, y and label are allowed.',
        'constructor: "constructor" is not a member of Point; x, y and label are allowed.',
        'toString: "toString" is not a member of Point; x, y and label are allowed.',
      ]);
    });
  });

  it("does not take for given what a value inherits", () => {
    const Built = structure("Built", "Built.", { constructor: required(string(), "Who built it.") });
    assert.deepEqual(errors(Built, {}), ["constructor: nothing was given; a string is required."]);
  });

  describe("values that are not known yet", () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const isUnknown = (value: unknown) => value === unknown;
    const check = (shape: Shape, value: unknown) => errors(shape, value, { isUnknown });

    it("are taken for whatever they should be", () => {
      assert.deepEqual(check(Point, unknown), []);
      assert.deepEqual(check(list(Pick, { minItems: 3 }), unknown), []);
      assert.deepEqual(check(Point, { x: unknown, y: unknown, label: unknown }), []);
    });

    it("do not hide what is wrong beside them", () => {
      assert.deepEqual(check(list(Point), [unknown, { x: unknown, y: -1 }]), [
        "[1].y: -1 was given; an integer of at least 0 is allowed.",
      ]);
    });

    it("count as the member that a union needs, and may yet turn out to be absent", () => {
      assert.deepEqual(check(Pick, { point: unknown }), []);
      assert.deepEqual(check(Pick, { point: unknown, colour: "red" }), []);
      assert.deepEqual(check(Pick, { point: unknown, colour: "red", flag: true }), [
        "colour and flag were given; exactly one of point, colour and flag is allowed.",
      ]);
    });

    it("may be null", () => {
      assert.deepEqual(
        errors(Point, { x: 1, y: 2, label: null }, { isUnknown: (v: unknown) => v === null }),
        [],
      );
    });
  });

  describe("values that mean harm", () => {
    it("are shown without what could act on a terminal, and shortened", () => {
      assert.deepEqual(errors(integer(), "\u001b[31m\u0000\u007f\u0085\u2028\u202e\ufeff\ud800\u{e0001}\n"), [
        '"\\u001b[31m\\u0000\\u007f\\u0085\\u2028\\u202e\\ufeff\\ud800\\u{e0001}\\n" was given; an integer is allowed.',
      ]);
      assert.deepEqual(errors(integer(), "x".repeat(1_000_000)), [
        `"${"x".repeat(80)}" … (1000000 characters) was given; an integer is allowed.`,
      ]);
      assert.deepEqual(errors(Point, { x: 1, y: 1, ["a\n".repeat(100)]: 1 }), [
        `["${"a\\n".repeat(40)}" … (200 characters)]: "${"a\\n".repeat(40)}" … (200 characters) is not a member of Point; ` +
          "x, y and label are allowed.",
      ]);
    });

    it("may be nested as deep as they like", () => {
      const deep = JSON.parse(`${'{"x":'.repeat(5000)}1${"}".repeat(5000)}`);
      assert.deepEqual(errors(Point, deep), [
        "x: an object was given; an integer is allowed.",
        "y: nothing was given; an integer of at least 0 is required.",
      ]);
    });

    it("may be rings", () => {
      const ring: Record<string, unknown> = { x: 1, y: 1 };
      ring.label = ring;
      assert.deepEqual(errors(Point, ring), [
        "label: an object was given; a string of at most 3 characters is allowed.",
      ]);
    });

    it("do not grow the answer without limit", () => {
      assert.equal(validate(list(integer()), Array(100_000).fill("x")).length, maxViolations);
      const members = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`m${i}`, i]));
      assert.equal(validate(Point, members).length, maxViolations);
    });
  });

  it("refuses tags beyond their limits", () => {
    const tags = (count: number) => Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: "" }));
    assert.deepEqual(errors(TagList, tags(50)), []);
    assert.deepEqual(errors(TagList, tags(51)), [
      "a list of 51 items was given; a list of at most 50 items is allowed.",
    ]);
    assert.deepEqual(errors(TagList, [{ key: "", value: "x".repeat(257) }, { key: "k".repeat(129) }]), [
      '[0].key: "" was given; a string of 1 to 128 characters is allowed.',
      `[0].value: "${"x".repeat(80)}" … (257 characters) was given; a string of at most 256 characters is allowed.`,
      `[1].key: "${"k".repeat(80)}" … (129 characters) was given; a string of 1 to 128 characters is allowed.`,
      "[1].value: nothing was given; a string of at most 256 characters is required.",
    ]);
  });

  it("says where the value stands", () => {
    assert.deepEqual(errors(list(Point), [{ x: "1", y: 1 }], { path: ["spec", "points"] }), [
      'spec.points[0].x: "1" was given; an integer is allowed.',
    ]);
  });

  it("keeps what was given and where, for those who show it their own way", () => {
    assert.deepEqual(validate(list(Point), [{ x: "1", y: 1 }], { path: ["points"] }), [
      { path: ["points", 0, "x"], given: "1", message: '"1" was given; an integer is allowed.' },
    ]);
  });

  describe("whatever the model allows", () => {
    for (const type of Object.values(entityTypes)) {
      it(`is right: ${type.title}`, () => {
        fc.assert(fc.property(arbitrary(type.spec), (spec) => assert.deepEqual(errors(type.spec, spec), [])));
      });
    }
    for (const [title, shape] of Object.entries({ resourceName, serviceName, accountId, arn, TagList })) {
      it(`is right: ${title}`, () => {
        fc.assert(
          fc.property(arbitrary(shape as Shape), (value) => assert.deepEqual(errors(shape, value), [])),
        );
      });
    }
  });

  describe("whatever breaks one constraint", () => {
    const others = structure("Others", "What no entity has.", {
      ratio: optional(number({ min: 0, max: 1 }), "A share."),
      points: required(map(Point, { minItems: 1, maxItems: 2 }), "Points by name."),
      document: optional(json(), "Anything."),
    });
    for (const { title, spec } of [...Object.values(entityTypes), { title: "Others", spec: others }]) {
      it(`is reported once, at its place: ${title}`, function () {
        this.timeout(60_000);
        for (const { place, constraint, values } of breakages(spec)) {
          fc.assert(
            fc.property(values, ({ value, path }) => {
              const found = validate(spec, value).map((violation) => formatPath(violation.path));
              assert.deepEqual(found, [formatPath(path)], `${place}: ${constraint}`);
            }),
            { numRuns: 3 },
          );
        }
      });
    }
  });

  it("of a map and of a number is told in their words", () => {
    const shape = structure("Others", "What no entity has.", {
      ratio: optional(number({ min: 0, max: 1 }), "A share."),
      points: required(map(Point, { maxItems: 1 }), "Points by name."),
      document: optional(json(), "Anything."),
    });
    assert.deepEqual(errors(shape, { ratio: 0.5, points: { a: { x: 1, y: 2 } }, document: [null] }), []);
    assert.deepEqual(
      errors(shape, { points: { a: null } }, { isUnknown: (value: unknown) => value === null }),
      [],
    );
    assert.deepEqual(errors(shape, { ratio: 2, points: { a: { x: 1 }, b: 1 } }), [
      "ratio: 2 was given; a number from 0 to 1 is allowed.",
      "points: a map of 2 entries was given; a map of at most 1 entry is allowed.",
      "points.a.y: nothing was given; an integer of at least 0 is required.",
      "points.b: 1 was given; an object with x, y and label is allowed.",
    ]);
    assert.deepEqual(errors(shape, { points: [] }), [
      "points: a list of 0 items was given; a map of at most 1 entry is allowed.",
    ]);
  });

  it("never throws and never changes what it is given, whatever JSON that is", () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(entityTypes)), fc.jsonValue(), ({ spec }, value) => {
        const before = structuredClone(value);
        validate(spec, value);
        assert.deepEqual(value, before);
      }),
    );
  });
});
