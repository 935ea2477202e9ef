// The same requests to moto's server and to the control plane, and every member of the answers side by side. moto is
// what many programs are tested with, but it is no reference: where the two differ, the table of differences says who
// follows AWS's documentation.
import assert from "node:assert/strict";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { type Moto, startMoto } from "./moto.js";
import { differences } from "./moto-differences.js";
import { listOperation, parentNames } from "./names.js";
import { shop } from "./shop.js";

// moto answers for this one.
const account = "123456789012";
const ARN = `arn:aws:appmesh:us-east-1:${account}:`;

interface Step {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly body?: object;
}

describe("moto and the control plane", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let moto: Moto;

  before(async () => {
    [controlPlane, moto] = await Promise.all([
      startControlPlane({ args: ["--account", account] }),
      startMoto(),
    ]);
  });
  after(async () => {
    await moto?.stop();
    await controlPlane?.stop();
  });

  it("differ in nothing but what is listed, with the reason", async () => {
    const found = new Set<string>();
    for (const step of steps()) {
      const [theirs, ours] = await Promise.all([answer(moto.url, step), answer(controlPlane.api, step)]);
      // Where only one of them does what it is asked, what it answers to that is no difference of its own.
      const paths =
        theirs.has("error") === ours.has("error") ? [...theirs.keys(), ...ours.keys()] : ["status", "error"];
      for (const path of new Set(paths)) {
        const [their, our] = [theirs.get(path), ours.get(path)];
        if (their !== our)
          found.add(`${step.operation} ${path}: moto ${their ?? "nothing"}, here ${our ?? "nothing"}`);
      }
    }
    const unlisted = [...found].filter((line) => !differences.some(({ where }) => where.test(line)));
    assert.deepEqual(unlisted, []);
    const outdated = differences.filter(({ where }) => ![...found].some((line) => where.test(line)));
    assert.deepEqual(outdated, []);
  });
});

/** The seven kinds from creation to deletion, tags, and errors. */
function* steps(): Generator<Step> {
  for (const { title, names, spec } of shop) {
    const collection = collectionOf(names);
    yield { operation: `Create${title}`, method: "PUT", path: collection, body: { ...lastOf(names), spec } };
    yield { operation: `Describe${title}`, method: "GET", path: entityOf(names) };
    yield { operation: listOperation(title), method: "GET", path: collection };
    yield { operation: `Describe${title} (absent)`, method: "GET", path: `${entityOf(names)}-absent` };
    yield {
      operation: `Create${title} (again)`,
      method: "PUT",
      path: collection,
      body: { ...lastOf(names), spec },
    };
    const wrong = { ...lastOf({ [Object.keys(names).at(-1) ?? ""]: "wrong" }), spec: { nonsense: true } };
    yield { operation: `Create${title} (wrong)`, method: "PUT", path: collection, body: wrong };
  }
  for (const resource of ["", "/virtualNode/catalog-v1"]) {
    const resourceArn = encodeURIComponent(`${ARN}mesh/shop${resource}`);
    const tags = [{ key: "team", value: "shop" }];
    yield {
      operation: "TagResource",
      method: "PUT",
      path: `/tag?resourceArn=${resourceArn}`,
      body: { tags },
    };
    yield { operation: "ListTagsForResource", method: "GET", path: `/tags?resourceArn=${resourceArn}` };
    const tagKeys = ["team"];
    yield {
      operation: "UntagResource",
      method: "PUT",
      path: `/untag?resourceArn=${resourceArn}`,
      body: { tagKeys },
    };
  }
  for (const { title, names, changed } of shop) {
    yield { operation: `Update${title}`, method: "PUT", path: entityOf(names), body: { spec: changed } };
  }
  yield { operation: "DeleteMesh (in use)", method: "DELETE", path: "/meshes/shop" };
}

/** An answer, flattened: each leaf by its path. */
async function answer(endpoint: string, { method, path, body }: Step): Promise<Map<string, string>> {
  const response = await fetch(`${endpoint}/v20190125${path}`, {
    method,
    headers: {
      "content-type": "application/json",
      // moto takes the service from it. Nobody checks it here.
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/appmesh/aws4_request, SignedHeaders=host, Signature=00",
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const leaves = new Map([["status", String(response.status)]]);
  if (!response.ok) return leaves.set("error", response.headers.get("x-amzn-errortype") ?? "none");
  flatten(await response.json(), "", leaves);
  return leaves;
}

function flatten(value: unknown, path: string, leaves: Map<string, string>): void {
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) leaves.set(path, JSON.stringify(value));
  for (const [name, member] of entries) {
    flatten(
      member,
      Array.isArray(value) ? `${path}[${name}]` : path === "" ? name : `${path}.${name}`,
      leaves,
    );
  }
}

type Names = Readonly<Record<string, string>>;
const lastOf = (names: Names): Names => Object.fromEntries(Object.entries(names).slice(-1));

/** `/meshes/shop/virtualRouter/catalog/routes` */
function collectionOf(names: Names): string {
  const parents = Object.entries(parentNames(names)).map(([member, name], n) =>
    n === 0 ? `meshes/${name}` : `${segment(member)}/${name}`,
  );
  const kind = segment(Object.keys(names).at(-1) ?? "");
  return `/${[...parents, kind === "mesh" ? "meshes" : `${kind}s`].join("/")}`;
}

const entityOf = (names: Names): string =>
  `${collectionOf(names)}/${encodeURIComponent(Object.values(names).at(-1) ?? "")}`;
const segment = (member: string): string => member.replace(/Name$/, "");
