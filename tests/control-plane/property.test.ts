import assert from "node:assert/strict";
import { entityTypes, formatPath, type Kind, type Shape, TagKeyList, TagList } from "@pulumi-appmesh/model";
import { breakages } from "@pulumi-appmesh/model/testing";
import fc from "fast-check";
import { ACCOUNT, type Answer, type Api, REGION, startApi } from "../support/api.js";
import { startControlPlane } from "../support/control-plane.js";
import {
  collectionPath,
  createBodies,
  createShape,
  creations,
  entityPath,
  kinds,
  specs,
  surroundings,
  tags,
  updateShape,
} from "../support/operations.js";
import { seed, seedNote } from "../support/seed.js";

type Call = (
  method: "GET" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
) => Promise<Pick<Answer, "status" | "body">>;

/** Values from a generator, the same for the same seed. */
const some = <T>(values: fc.Arbitrary<T>, count: number): T[] => fc.sample(values, { seed, numRuns: count });

/** How often each property is tried, and with how many values each way to break a request. */
const RUNS = 40;
const BROKEN_VALUES = 2;

describe(`Every request that the contract allows ${seedNote}`, function () {
  this.timeout(180_000);
  let api: Api;
  before(async () => {
    api = await startApi();
    for (const [path, body] of creations) assert.equal((await api.call("PUT", path, body)).status, 200, path);
  });
  after(() => api.close());

  for (const kind of kinds) {
    it(`is taken and given back as it was, about a ${kind}`, async () => {
      await fc.assert(
        fc.asyncProperty(createBodies(kind), specs(kind), tags(), (creation, spec, added) =>
          lifeOf(api.call, kind, creation, spec, added),
        ),
        { seed, numRuns: RUNS },
      );
      // What was created was deleted: nothing is left but what was there before.
      const { body } = await api.call("GET", collectionPath(kind));
      const left = body[entityTypes[kind].listMember].map((item: object) => nameIn(kind, item));
      const { [kind]: there } = surroundings as Partial<Record<Kind, string>>;
      assert.deepEqual(left, there === undefined ? [] : [there]);
    });
  }

  it("is taken from sockets as it is within the process", async () => {
    const controlPlane = await startControlPlane();
    for (const [path, body] of creations) {
      assert.equal((await controlPlane.call("PUT", path, body)).status, 200, path);
    }
    for (const kind of kinds) {
      const lives = fc.tuple(createBodies(kind), specs(kind), tags());
      for (const [creation, spec, added] of some(lives, 3)) {
        await lifeOf(controlPlane.call, kind, creation, spec, added);
      }
    }
    await controlPlane.stop();
  });
});

/** Creates, describes, lists, updates, tags, untags and deletes an entity, and compares each answer. */
async function lifeOf(
  call: Call,
  kind: Kind,
  { name, body }: { name: string; body: Readonly<Record<string, unknown>> },
  spec: object,
  added: TagList,
): Promise<void> {
  const path = entityPath(kind, name);
  const good = async (...request: Parameters<Call>) => {
    const { status, body: answer } = await call(...request);
    assert.equal(
      status,
      200,
      `${request[0]} ${request[1]} ${JSON.stringify(request[2])}: ${JSON.stringify(answer)}`,
    );
    return answer;
  };
  const created = await good("PUT", collectionPath(kind), body);
  assert.equal(nameIn(kind, created), name);
  assert.equal(JSON.stringify(created.spec), JSON.stringify(body.spec ?? {}));
  assert.deepEqual([created.metadata.version, created.status], [1, { status: "ACTIVE" }]);
  assert.deepEqual(await good("GET", path), created);
  const { uid: _, ...metadata } = created.metadata;
  const { [entityTypes[kind].listMember]: items } = await good("GET", collectionPath(kind));
  const { spec: __, status: ___, metadata: ____, ...names } = created;
  assert.deepEqual(
    items.find((item: object) => nameIn(kind, item) === name),
    { ...names, ...metadata },
  );

  const updated = await good("PUT", path, { spec });
  assert.equal(JSON.stringify(updated.spec), JSON.stringify(spec));
  assert.deepEqual(
    { ...updated.metadata, lastUpdatedAt: 0 },
    { ...created.metadata, lastUpdatedAt: 0, version: 2 },
  );
  assert.deepEqual(await good("GET", path), updated);

  const of = `resourceArn=${encodeURIComponent(created.metadata.arn)}`;
  assert.deepEqual(await good("PUT", `/v20190125/tag?${of}`, { tags: added }), {});
  const expected = new Map(
    [...((body.tags as TagList) ?? []), ...added].map(({ key, value }) => [key, value]),
  );
  const { tags: tagged } = await good("GET", `/v20190125/tags?${of}`);
  assert.deepEqual(new Map(tagged.map((tag: TagList[number]) => [tag.key, tag.value])), expected);
  const tagKeys = [...expected.keys()];
  assert.deepEqual(await good("PUT", `/v20190125/untag?${of}`, { tagKeys }), {});
  assert.deepEqual(await good("GET", `/v20190125/tags?${of}`), { tags: [] });

  const deleted = await good("DELETE", path);
  assert.deepEqual(
    { ...deleted, metadata: { ...deleted.metadata, lastUpdatedAt: 0 } },
    {
      ...updated,
      metadata: { ...updated.metadata, lastUpdatedAt: 0 },
      status: { status: "DELETED" },
    },
  );
  assert.equal((await call("GET", path)).status, 404);
}

const nameIn = (kind: Kind, entity: object): string =>
  (entity as Record<string, string>)[entityTypes[kind].nameMember] as string;

describe(`A request that breaks the contract in one way ${seedNote}`, function () {
  this.timeout(180_000);
  let api: Api;
  /** An entity of each kind, as it has to stay. */
  const described = new Map<string, string>();
  before(async () => {
    api = await startApi();
    for (const [path, body] of creations) assert.equal((await api.call("PUT", path, body)).status, 200, path);
    for (const kind of kinds) {
      const [spec] = some(specs(kind), 1);
      const body = { [entityTypes[kind].nameMember]: "target", spec, tags: [{ key: "team", value: "a" }] };
      const { status, body: created } = await api.call("PUT", collectionPath(kind), body);
      assert.equal(status, 200, JSON.stringify(created));
      described.set(entityPath(kind, "target"), JSON.stringify(created));
    }
  });
  after(() => api.close());

  /** Refuses, with the path of what is wrong, and leaves everything as it was. */
  async function refused(
    request: Parameters<Api["call"]>,
    says: (message: string) => boolean,
    why: string,
    code = "BadRequestException",
  ): Promise<void> {
    const { revision } = api.mesh.state;
    const { status, error, body } = await api.call(...request);
    const asked = `${why}: ${request[0]} ${request[1]} ${JSON.stringify(request[2])?.slice(0, 2_000)}`;
    assert.deepEqual([status, error], [400, code], `${asked}: ${JSON.stringify(body)}`);
    assert.deepEqual(Object.keys(body), ["message"]);
    assert.ok(says(body.message), `${asked}: ${body.message}`);
    assert.equal(api.mesh.state.revision, revision, asked);
  }

  async function everythingIsAsItWas(): Promise<void> {
    for (const [path, before] of described) assert.equal((await api.call("GET", path)).text, before, path);
  }
  afterEach(everythingIsAsItWas);

  const startsWith = (path: readonly (string | number)[]) => (message: string) =>
    message.split("\n").some((line) => path.length === 0 || line.startsWith(`${formatPath(path)}: `));

  function each(title: string, shape: Shape, request: (body: unknown) => Parameters<Api["call"]>): void {
    it(title, async () => {
      for (const { place, constraint, values } of breakages(shape)) {
        // A body that is no object has no path.
        if (place === "" && constraint.startsWith("not of form")) continue;
        for (const { value, path } of some(values, BROKEN_VALUES)) {
          await refused(request(value), startsWith(path), `${place} ${constraint}`);
        }
      }
    });
  }

  for (const kind of kinds) {
    const { title } = entityTypes[kind];
    each(`is refused by Create${title}`, createShape(kind), (body) => ["PUT", collectionPath(kind), body]);
    each(`is refused by Update${title}`, updateShape(kind), (body) => [
      "PUT",
      entityPath(kind, "target"),
      body,
    ]);
  }

  const arn = `arn:aws:appmesh:${REGION}:${ACCOUNT}:mesh/target`;
  const of = `resourceArn=${encodeURIComponent(arn)}`;
  for (const [operation, path, shape] of [
    ["TagResource", `/v20190125/tag?${of}`, { name: "tags", list: TagList }],
    ["UntagResource", `/v20190125/untag?${of}`, { name: "tagKeys", list: TagKeyList }],
  ] as const) {
    it(`is refused by ${operation}`, async () => {
      for (const { place, constraint, values } of breakages(shape.list)) {
        for (const { value, path: within } of some(values, BROKEN_VALUES)) {
          const request: Parameters<Api["call"]> = ["PUT", path, { [shape.name]: value }];
          const why = `${place} ${constraint}`;
          // App Mesh has an error of its own for it, which tells of the entity rather than of the request.
          if (operation === "TagResource" && constraint === "more items than allowed") {
            const says = (message: string) => message.includes("tags");
            await refused(request, says, why, "TooManyTagsException");
          } else await refused(request, startsWith([shape.name, ...within]), why);
        }
      }
      await refused(["PUT", path, {}], startsWith([shape.name]), "missing");
      await refused(
        ["PUT", path, { [shape.name]: [], unheardOf: 1 }],
        startsWith(["unheardOf"]),
        "a member that it does not have",
      );
    });
  }

  it("is refused wherever a query parameter is wrong, whatever the operation", async () => {
    const broken = (name: string, values: readonly string[]) =>
      values.map((value) => [name, `${name}=${encodeURIComponent(value)}`] as const);
    const owners = broken("meshOwner", [
      "",
      "1",
      "12345678901x",
      "1234567890123",
      "１２３４５６７８９０１２",
      "\0",
    ]);
    const pages = [
      ...broken("limit", ["0", "101", "-1", "1.5", "1e1", "ten", "", " 1", "9".repeat(40)]),
      ...broken("nextToken", ["", "x", "e30", "AAAA", "[]", "\0"]),
    ];
    const twice = ([name, query]: readonly [string, string]) => [name, `${query}&${query}`] as const;
    for (const kind of kinds) {
      const collection = collectionPath(kind);
      const entity = entityPath(kind, "target");
      const all = [...pages, ...pages.slice(0, 1).map(twice)];
      // ListMeshes does not have it.
      if (kind !== "mesh") all.push(...owners, ...owners.slice(0, 1).map(twice));
      for (const [name, query] of all) {
        await refused(["GET", `${collection}?${query}`], startsWith([name]), `List of ${kind}`);
      }
      for (const [name, query] of owners) {
        await refused(["GET", `${entity}?${query}`], startsWith([name]), `Describe of ${kind}`);
        // A mesh is created, changed and deleted by its owner alone: there the parameter does not exist.
        if (kind === "mesh") continue;
        await refused(["DELETE", `${entity}?${query}`], startsWith([name]), `Delete of ${kind}`);
        await refused(["PUT", `${entity}?${query}`, { spec: {} }], startsWith([name]), `Update of ${kind}`);
        const body = { [entityTypes[kind].nameMember]: "new", spec: {} };
        await refused(["PUT", `${collection}?${query}`, body], startsWith([name]), `Create of ${kind}`);
      }
    }
    for (const [name, query] of [
      ...pages.filter(([name]) => name === "nextToken"),
      ...broken("limit", ["0", "51"]),
    ]) {
      await refused(["GET", `/v20190125/tags?${of}&${query}`], startsWith([name]), "ListTagsForResource");
    }
    for (const path of ["tag", "untag", "tags"]) {
      await refused(
        [path === "tags" ? "GET" : "PUT", `/v20190125/${path}`],
        startsWith(["resourceArn"]),
        `without resourceArn: ${path}`,
      );
    }
  });

  it("is refused over sockets as it is within the process", async () => {
    const controlPlane = await startControlPlane();
    for (const [path, body] of creations) {
      assert.equal((await controlPlane.call("PUT", path, body)).status, 200, path);
    }
    const describe = async () =>
      JSON.stringify((await controlPlane.call("GET", entityPath("virtualNode", "node"))).body);
    const before = await describe();
    for (const kind of kinds) {
      const ways = breakages(updateShape(kind)).filter(({ place }) => place !== "");
      const one = surroundings[kind as keyof typeof surroundings] ?? "none";
      for (const { place, constraint, values } of some(fc.constantFrom(...ways), 5)) {
        for (const { value, path } of some(values, 1)) {
          const { status, headers, body } = await controlPlane.call("PUT", entityPath(kind, one), value);
          const why = `${kind} ${place} ${constraint}: ${JSON.stringify(body)}`;
          assert.deepEqual([status, headers.get("x-amzn-errortype")], [400, "BadRequestException"], why);
          assert.ok(startsWith(path)(body.message), why);
        }
      }
    }
    assert.equal(await describe(), before);
    await controlPlane.stop();
  });
});
