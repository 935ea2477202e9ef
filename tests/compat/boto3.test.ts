import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type AccessKey, type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { python } from "../support/tools.js";
import { shop } from "./shop.js";

const accessKey: AccessKey = {
  accessKeyId: "AKIDSHOP",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const ARN = "arn:aws:appmesh:us-east-1:000000000000:";

describe("boto3", function () {
  this.timeout(120_000);
  let controlPlane: ControlPlane;
  let boto3: Boto3;

  before(async () => {
    controlPlane = await startControlPlane({ accessKey });
    boto3 = await Boto3.start(controlPlane);
  });
  after(async () => {
    await boto3?.stop();
    await controlPlane?.stop();
  });
  afterEach(() => boto3.deleteEverything());

  it("creates, describes, updates, lists and deletes all seven kinds, and gets back what it sent", async () => {
    for (const sample of shop) {
      const created = await boto3.ok(`create_${snake(sample.title)}`, { ...sample.names, spec: sample.spec });
      assert.deepEqual(created, {
        [camel(sample.title)]: entity(sample.names, sample.path, sample.spec, 1, created),
      });
      assert.deepEqual(await boto3.ok(`describe_${snake(sample.title)}`, sample.names), created);
    }
    for (const sample of shop.toReversed()) {
      const { title, names, path, spec, changed } = sample;
      const updated = await boto3.ok(`update_${snake(title)}`, { ...names, spec: changed });
      const { uid: _, ...reference } = updated[camel(title)].metadata;
      assert.deepEqual(updated, { [camel(title)]: entity(names, path, changed, 2, updated) });
      assert.deepEqual(
        await boto3.ok(`list_${snake(title)}${title === "Mesh" ? "es" : "s"}`, parentNames(names)),
        {
          [sample.listMember]: [{ ...names, ...reference }],
        },
      );
      const restored = await boto3.ok(`update_${snake(title)}`, { ...names, spec });
      assert.deepEqual(restored, { [camel(title)]: entity(names, path, spec, 3, restored) });
    }
    for (const { title, names, path, spec } of shop.toReversed()) {
      const deleted = await boto3.ok(`delete_${snake(title)}`, names);
      assert.deepEqual(deleted, { [camel(title)]: entity(names, path, spec, 3, deleted, "DELETED") });
      assert.equal((await boto3.fails(`describe_${snake(title)}`, names)).type, "NotFoundException");
    }
  });

  it("pages through lists", async () => {
    await boto3.ok("create_mesh", { meshName: "many" });
    const names = Array.from({ length: 7 }, (_, n) => `node-${n}`);
    for (const virtualNodeName of names.toReversed()) {
      await boto3.ok("create_virtual_node", { meshName: "many", virtualNodeName, spec: {} });
    }
    const pages = await boto3.ok(
      "paginate",
      { meshName: "many", PaginationConfig: { PageSize: 3 } },
      "list_virtual_nodes",
    );
    assert.deepEqual(
      pages.map((page: { virtualNodes: { virtualNodeName: string }[] }) =>
        page.virtualNodes.map(({ virtualNodeName }) => virtualNodeName),
      ),
      [names.slice(0, 3), names.slice(3, 6), names.slice(6)],
    );
  });

  it("tags", async () => {
    await boto3.ok("create_mesh", {
      meshName: "tagged",
      tags: [
        { key: "team", value: "shop" },
        { key: "a", value: "" },
      ],
    });
    const resourceArn = `${ARN}mesh/tagged`;
    assert.deepEqual(
      await boto3.ok("tag_resource", { resourceArn, tags: [{ key: "team", value: "catalog" }] }),
      {},
    );
    assert.deepEqual(await boto3.ok("list_tags_for_resource", { resourceArn }), {
      tags: [
        { key: "a", value: "" },
        { key: "team", value: "catalog" },
      ],
    });
    assert.deepEqual(await boto3.ok("untag_resource", { resourceArn, tagKeys: ["a", "never"] }), {});
    assert.deepEqual(await boto3.ok("list_tags_for_resource", { resourceArn }), {
      tags: [{ key: "team", value: "catalog" }],
    });
  });

  it("gets App Mesh's errors as the exceptions of its model", async () => {
    await boto3.ok("create_mesh", { meshName: "shop" });
    await boto3.ok("create_virtual_node", { meshName: "shop", virtualNodeName: "catalog-v1", spec: {} });
    const cases: [string, object, object][] = [
      [
        "describe_virtual_node",
        { meshName: "shop", virtualNodeName: "gone" },
        {
          type: "NotFoundException",
          code: "NotFoundException",
          message: "VirtualNode with name gone is not present under mesh shop for account 000000000000",
          status: 404,
        },
      ],
      [
        "create_virtual_node",
        { meshName: "shop", virtualNodeName: "catalog-v1", spec: {} },
        {
          type: "ConflictException",
          code: "ConflictException",
          message: `VirtualNode with name catalog-v1 already exists: ${ARN}mesh/shop/virtualNode/catalog-v1. Update it, delete it first, or take another name`,
          status: 409,
        },
      ],
      [
        "create_virtual_router",
        {
          meshName: "shop",
          virtualRouterName: "catalog",
          spec: { listeners: [{ portMapping: { port: 8080, protocol: "udp" } }] },
        },
        {
          type: "BadRequestException",
          code: "BadRequestException",
          message:
            'spec.listeners[0].portMapping.protocol: "udp" was given; "http", "tcp", "http2" or "grpc" is allowed.',
          status: 400,
        },
      ],
      [
        "delete_mesh",
        { meshName: "shop" },
        {
          type: "ResourceInUseException",
          code: "ResourceInUseException",
          message:
            "Mesh shop for account 000000000000 has active VirtualNodes, please delete VirtualNodes before deleting the Mesh",
          status: 409,
        },
      ],
    ];
    for (const [operation, input, error] of cases)
      assert.deepEqual(await boto3.fails(operation, input), error);
  });

  it("is refused with another secret, or a key that does not exist", async () => {
    const cases: [AccessKey, object][] = [
      [
        { ...accessKey, secretAccessKey: "another" },
        {
          type: "ClientError",
          code: "InvalidSignatureException",
          message:
            "The request signature we calculated does not match the signature you provided. " +
            "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
          status: 403,
        },
      ],
      [
        { ...accessKey, accessKeyId: "AKIDNOBODY" },
        {
          type: "ClientError",
          code: "UnrecognizedClientException",
          message: "The security token included in the request is invalid.",
          status: 403,
        },
      ],
    ];
    for (const [key, error] of cases) {
      const stranger = await Boto3.start(controlPlane, key);
      assert.deepEqual(await stranger.fails("create_mesh", { meshName: "theirs" }), error);
      await stranger.stop();
    }
    assert.deepEqual(await boto3.ok("list_meshes", {}), { meshes: [] });
  });
});

describe("AWS CLI", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  before(async () => {
    controlPlane = await startControlPlane({ accessKey });
  });
  after(() => controlPlane?.stop());

  it("creates, describes, updates, lists and deletes a mesh of five kinds by --endpoint-url", async () => {
    const five = shop.slice(0, 5);
    for (const { title, names, path, spec } of five) {
      const created = await aws(
        `create-${kebab(title)}`,
        "--cli-input-json",
        JSON.stringify({ ...names, spec }),
      );
      assert.deepEqual(created, { [camel(title)]: entity(names, path, spec, 1, created) });
    }
    const [, node, , route] = five;
    assert.ok(node && route);
    const described = await aws("describe-virtual-node", ...options(node.names));
    assert.deepEqual(described, { virtualNode: entity(node.names, node.path, node.spec, 1, described) });
    const updated = await aws(
      "update-route",
      ...options(route.names),
      "--spec",
      JSON.stringify(route.changed),
    );
    assert.deepEqual(updated, { route: entity(route.names, route.path, route.changed, 2, updated) });
    const listed = await aws("list-routes", ...options(parentNames(route.names)), "--page-size", "1");
    assert.deepEqual(
      listed.routes.map(({ arn }: { arn: string }) => arn),
      [ARN + route.path],
    );
    for (const { title, names } of five.toReversed()) {
      const deleted = await aws(`delete-${kebab(title)}`, ...options(names));
      assert.deepEqual(deleted[camel(title)].status, { status: "DELETED" });
    }
    assert.deepEqual(await aws("list-meshes"), { meshes: [] });
  });

  async function aws(...args: string[]) {
    const all = ["-m", "awscli", "appmesh", ...args, "--endpoint-url", controlPlane.api, "--output", "json"];
    const { AWS_ENDPOINT_URL_APP_MESH: _, ...env } = controlPlane.env;
    const child = spawn(await python(), all, {
      env: { ...process.env, ...env, AWS_CLI_TIMESTAMP_FORMAT: "none" },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => (stdout += chunk));
    child.stderr.on("data", (chunk) => (stderr += chunk));
    const [code] = await once(child, "close");
    assert.equal(code, 0, `aws appmesh ${args.join(" ")}: ${stderr}`);
    return JSON.parse(stdout);
  }
});

/** One Python process, which calls App Mesh by boto3 for as long as it is asked to. */
class Boto3 {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.pipe(process.stderr);
  }

  static async start(controlPlane: ControlPlane, key: AccessKey = accessKey): Promise<Boto3> {
    const program = fileURLToPath(new URL("../../compat/appmesh.py", import.meta.url));
    const env = { AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey };
    return new Boto3(
      spawn(await python(), [program], { env: { ...process.env, ...controlPlane.env, ...env } }),
    );
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests look into outputs of every kind.
  async ok(operation: string, input: object, paginator?: string): Promise<any> {
    const { output, error } = await this.#ask({ operation, input, paginator });
    assert.equal(error, undefined, `${operation}: ${JSON.stringify(error)}`);
    return output;
  }

  async fails(operation: string, input: object): Promise<{ type: string; code: string }> {
    const { output, error } = await this.#ask({ operation, input });
    assert.equal(output, undefined, `${operation} did not fail: ${JSON.stringify(output)}`);
    return error;
  }

  /** What a failed test may have left behind must not fail the next one. */
  async deleteEverything(): Promise<void> {
    for (const { meshName } of (await this.ok("list_meshes", {})).meshes) {
      for (const kind of ["virtual_gateway", "virtual_service", "virtual_router", "virtual_node"]) {
        for (const child of Object.values(await this.ok(`list_${kind}s`, { meshName })).flat() as Record<
          string,
          string
        >[]) {
          const name = { meshName, [`${camel(kind)}Name`]: child[`${camel(kind)}Name`] };
          const below = { virtual_gateway: "gateway_route", virtual_router: "route" }[kind];
          if (below) {
            const routes = Object.values(await this.ok(`list_${below}s`, name)).flat() as Record<
              string,
              string
            >[];
            for (const route of routes) {
              const routeName = `${camel(below)}Name`;
              await this.ok(`delete_${below}`, { ...name, [routeName]: route[routeName] });
            }
          }
          await this.ok(`delete_${kind}`, name);
        }
      }
      await this.ok("delete_mesh", { meshName });
    }
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.stdin.end();
    assert.deepEqual(await ended, [0, null]);
  }

  async #ask(asked: object) {
    this.#child.stdin.write(`${JSON.stringify(asked)}\n`);
    const { done, value } = await this.#answers.next();
    assert.ok(!done, `boto3 ended while it was asked ${JSON.stringify(asked)}`);
    return JSON.parse(value);
  }
}

/** An entity as its operations give it. Its uid and its times are what they are, and are looked at for themselves. */
function entity(
  names: object,
  path: string,
  spec: object,
  version: number,
  answer: object,
  status = "ACTIVE",
): object {
  const { uid, createdAt, lastUpdatedAt } = (
    Object.values(answer)[0] as { metadata: Record<string, unknown> }
  ).metadata;
  assert.match(uid as string, /^[0-9a-f-]{36}$/);
  for (const time of [createdAt, lastUpdatedAt].map(Number)) {
    assert.ok(time > 1.7e9 && time <= Date.now() / 1000, `${time} is no time in seconds`);
  }
  return {
    ...names,
    metadata: {
      arn: ARN + path,
      uid,
      createdAt,
      lastUpdatedAt,
      meshOwner: "000000000000",
      resourceOwner: "000000000000",
      version,
    },
    spec,
    status: { status },
  };
}

const parentNames = (names: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(names).slice(0, -1));
const options = (names: Readonly<Record<string, string>>): string[] =>
  Object.entries(names).flatMap(([name, value]) => [`--${kebab(name)}`, value]);
const words = (name: string): string[] => name.split(/(?=[A-Z])|_/).map((word) => word.toLowerCase());
const snake = (name: string): string => words(name).join("_");
const kebab = (name: string): string => words(name).join("-");
const camel = (name: string): string =>
  words(name)
    .map((word, n) => (n === 0 ? word : (word[0] ?? "").toUpperCase() + word.slice(1)))
    .join("");
