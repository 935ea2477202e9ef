import assert from "node:assert/strict";
import { entityTypes } from "./entities.js";
import type { EnumShape, Member, Shape, StructureShape } from "./shape.js";
import { TagList } from "./tag.js";

/** Everything that a reader of an SDK sees, by name: structures, their members, enumerations, their values. */
function* documented(
  shapes: Iterable<Shape>,
  seen = new Set<Shape>(),
): Generator<[title: string, doc: string]> {
  for (const shape of named(shapes, seen)) {
    yield [shape.name, shape.doc];
    const parts = shape.kind === "enum" ? shape.values : shape.members;
    for (const [name, part] of Object.entries<string | Member>(parts)) {
      yield [`${shape.name}.${name}`, typeof part === "string" ? part : part.doc];
    }
  }
}

function* named(shapes: Iterable<Shape>, seen: Set<Shape>): Generator<StructureShape | EnumShape> {
  for (const shape of shapes) {
    if (seen.has(shape)) continue;
    seen.add(shape);
    if (shape.kind === "enum" || shape.kind === "structure") yield shape;
    if (shape.kind === "list" || shape.kind === "map") yield* named([shape.item], seen);
    if (shape.kind === "structure")
      yield* named(
        Object.values(shape.members).map((member) => member.shape),
        seen,
      );
  }
}

const roots: Shape[] = [...Object.values(entityTypes).map((type) => type.spec), TagList];
const structures = [...named(roots, new Set())].filter((shape) => shape.kind === "structure");
const members = structures.flatMap((structure) =>
  Object.entries(structure.members).map(([name, member]) => ({ structure, name, member })),
);
const failing = (docs: Iterable<[string, string]>, isRight: (doc: string) => boolean) =>
  [...docs].filter(([, doc]) => !isRight(doc)).map(([title, doc]) => `${title}: ${doc}`);

describe("the model's documentation", () => {
  it("is whole sentences", () => {
    const docs = [
      ...documented(roots),
      ...Object.values(entityTypes).map(({ title, doc }): [string, string] => [title, doc]),
    ];
    assert.ok(docs.length > 300);
    assert.deepEqual(
      failing(docs, (doc) => /^[A-Z0-9g"].*[^ ]\.$/s.test(doc) && !/ {2}|\.\./.test(doc)),
      [],
    );
  });

  it("reads the same in every language", () => {
    assert.deepEqual(
      failing(documented(roots), (doc) => !/[{}`@<>]|undefined|\bnull\b|TypeScript|\[\]/.test(doc)),
      [],
    );
  });

  it("says of each optional member what holds without it", () => {
    const optional = members.filter(
      ({ structure, name, member }) =>
        !member.required && !structure.choices.some(({ of }) => of.includes(name)),
    );
    const docs = optional.map(({ structure, name, member }): [string, string] => [
      `${structure.name}.${name}`,
      member.doc,
    ]);
    assert.deepEqual(
      failing(docs, (doc) => /\bif unset, /i.test(doc)),
      [],
    );
  });

  it("says each limit", () => {
    const missing = members.flatMap(({ structure, name, member }) =>
      limits(member.shape)
        .filter((limit) => !member.doc.replaceAll(",", "").match(/\d+/g)?.includes(String(limit)))
        .map((limit) => `${structure.name}.${name}: ${limit} is not in: ${member.doc}`),
    );
    assert.deepEqual(missing, []);
  });

  it("says which members of a structure exclude each other", () => {
    const docs = structures
      .filter(({ choices }) => choices.length > 0)
      .map(({ name, doc }): [string, string] => [name, doc]);
    assert.deepEqual(
      failing(docs, (doc) => /\b(Exactly|At most) one\b/.test(doc)),
      [],
    );
  });

  it("calls each thing by a name of its own", () => {
    const names = [...named(roots, new Set())].map((shape) => shape.name);
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
  });
});

function limits(shape: Shape): number[] {
  switch (shape.kind) {
    case "string":
      return [shape.maxLength].filter((limit) => limit !== undefined);
    case "integer":
      return [shape.min, shape.max].filter((limit) => limit !== undefined);
    case "list":
      return [shape.minItems, shape.maxItems, ...limits(shape.item)].filter((limit) => limit !== undefined);
    default:
      return [];
  }
}
