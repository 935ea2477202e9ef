import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readContract } from "../model/contract.js";
import {
  type AccessKey,
  type ControlPlane,
  startControlPlane,
  temporaryFolder,
} from "../support/control-plane.js";
import { python } from "../support/tools.js";
import { ARN, entity } from "./answers.js";
import { AwsCli } from "./aws-cli.js";
import { camel, kebab, listOperation, parentNames } from "./names.js";
import { run } from "./run.js";
import { shop } from "./shop.js";

const accessKey: AccessKey = {
  accessKeyId: "AKIDCLI",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};

describe("AWS CLI", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let aws: AwsCli;

  before(async () => {
    controlPlane = await startControlPlane({ accessKey });
    // Times as the service gives them, as the CLI's second version prints them with this setting too.
    aws = await AwsCli.start({ env: { ...controlPlane.env, AWS_CLI_TIMESTAMP_FORMAT: "none" } });
  });
  after(async () => {
    await aws?.stop();
    await controlPlane?.stop();
  });

  it("runs all 38 commands, and prints what it was given", async () => {
    aws.called.clear();
    for (const { title, names, path, spec } of shop) {
      const input = JSON.stringify({ ...names, spec });
      const created = await aws.json(`create-${kebab(title)}`, "--cli-input-json", input);
      assert.deepEqual(created, { [camel(title)]: entity(names, path, spec, 1, created) });
      assert.deepEqual(await aws.json(`describe-${kebab(title)}`, ...options(names)), created);
    }
    for (const { title, names, path, listMember, changed } of shop) {
      const spec = ["--spec", JSON.stringify(changed)];
      const updated = await aws.json(`update-${kebab(title)}`, ...options(names), ...spec);
      const { uid: _, ...reference } = updated[camel(title)].metadata as Record<string, unknown>;
      assert.deepEqual(updated, { [camel(title)]: entity(names, path, changed, 2, updated) });
      const listed = await aws.json(kebab(listOperation(title)), ...options(parentNames(names)));
      assert.deepEqual(listed, { [listMember]: [{ ...names, ...reference }] });
    }
    const arn = ["--resource-arn", `${ARN}mesh/shop/virtualRouter/catalog/route/all`];
    assert.equal(
      await aws.text("tag-resource", ...arn, "--tags", "key=team,value=shop", "key=stage,value="),
      "",
    );
    assert.equal(await aws.text("untag-resource", ...arn, "--tag-keys", "stage"), "");
    assert.deepEqual(await aws.json("list-tags-for-resource", ...arn), {
      tags: [{ key: "team", value: "shop" }],
    });
    for (const { title, names, path, changed } of shop.toReversed()) {
      const deleted = await aws.json(`delete-${kebab(title)}`, ...options(names));
      assert.deepEqual(deleted, { [camel(title)]: entity(names, path, changed, 2, deleted, "DELETED") });
    }
    assert.deepEqual(await aws.json("list-meshes"), { meshes: [] });
    const { operations } = await readContract();
    assert.deepEqual([...aws.called].sort(), Object.keys(operations).map(kebab).sort());
  });

  it("fills the skeletons that it generates of inputs", async () => {
    for (const { title, names, path, spec } of shop) {
      const skeleton = JSON.parse(
        await aws.text(`create-${kebab(title)}`, "--generate-cli-skeleton", "input"),
      );
      // A user fills in what is wanted, and takes out the rest; a token is often left as it is: empty.
      const { meshOwner: _, tags: __, ...kept } = skeleton;
      assert.equal(kept.clientToken, "");
      const file = join(temporaryFolder(), "input.json");
      writeFileSync(file, JSON.stringify({ ...kept, ...names, spec: filled(kept.spec, spec, "spec") }));
      const created = await aws.json(`create-${kebab(title)}`, "--cli-input-json", `file://${file}`);
      assert.deepEqual(created, { [camel(title)]: entity(names, path, spec, 1, created) });
    }
    for (const { title, names, path, changed, spec } of shop.toReversed()) {
      const command = `update-${kebab(title)}`;
      for (const [n, each] of [changed, spec].entries()) {
        const input = JSON.stringify({ clientToken: "", ...names, spec: each });
        const updated = await aws.json(command, "--cli-input-json", input);
        assert.deepEqual(updated, { [camel(title)]: entity(names, path, each, n + 2, updated) });
      }
      await aws.text(`delete-${kebab(title)}`, ...options(names));
    }
  });

  it("takes options over what a file says, and short words for small structures", async () => {
    const input = JSON.stringify({ meshName: "given", spec: { egressFilter: { type: "ALLOW_ALL" } } });
    const created = await aws.json("create-mesh", "--cli-input-json", input, "--mesh-name", "other");
    assert.equal(created.mesh.meshName, "other");
    const updated = await aws.json(
      "update-mesh",
      "--mesh-name",
      "other",
      "--spec",
      "egressFilter={type=DROP_ALL}",
    );
    assert.deepEqual(updated.mesh.spec, { egressFilter: { type: "DROP_ALL" } });
    const node = ["--mesh-name", "other", "--virtual-node-name", "v"];
    const listeners = "listeners=[{portMapping={port=8080,protocol=http}}]";
    const discovery = "serviceDiscovery={dns={hostname=v.local}}";
    const made = await aws.json("create-virtual-node", ...node, "--spec", `${listeners},${discovery}`);
    assert.deepEqual(made.virtualNode.spec, {
      listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
      serviceDiscovery: { dns: { hostname: "v.local" } },
    });
    await aws.text("delete-virtual-node", ...node);
    await aws.text("delete-mesh", "--mesh-name", "other");
  });

  it("pages through lists, and goes on where it stopped", async () => {
    await aws.text("create-mesh", "--mesh-name", "many");
    const mesh = ["--mesh-name", "many"];
    const names = ["v0", "v1", "v2", "v3", "v4"];
    for (const name of names) {
      await aws.text("create-virtual-node", ...mesh, "--virtual-node-name", name, "--spec", "{}");
    }
    const list = (...args: string[]) => aws.json("list-virtual-nodes", ...mesh, ...args);
    const namesOf = (listed: { virtualNodes: { virtualNodeName: string }[] }) =>
      listed.virtualNodes.map(({ virtualNodeName }) => virtualNodeName);

    // All, in pages of two; the first page alone; and by the CLI's own tokens, which end within pages too.
    assert.deepEqual(namesOf(await list("--page-size", "2")), names);
    const alone = await list("--limit", "2", "--no-paginate");
    assert.deepEqual(namesOf(alone), ["v0", "v1"]);
    assert.deepEqual(namesOf(await list("--limit", "4", "--next-token", alone.nextToken)), names.slice(2));
    const first = await list("--max-items", "3", "--page-size", "2");
    assert.deepEqual(namesOf(first), names.slice(0, 3));
    assert.equal(typeof first.NextToken, "string");
    const rest = await list("--starting-token", first.NextToken, "--page-size", "2");
    assert.deepEqual(namesOf(rest), names.slice(3));
    assert.equal(rest.NextToken, undefined);

    const queried = await list("--query", "virtualNodes[?version==`1`].virtualNodeName | [-2:]");
    assert.deepEqual(queried, ["v3", "v4"]);
    const text = await aws.text(
      ...["list-virtual-nodes", ...mesh, "--query", "virtualNodes[0].[virtualNodeName,version]"],
      ...["--output", "text"],
    );
    assert.equal(text, "v0\t1\n");
    const arn = `${ARN}mesh/many/virtualNode/v1`;
    assert.equal(
      await aws.text(
        ...["describe-virtual-node", ...mesh, "--virtual-node-name", "v1"],
        ...["--query", "virtualNode.metadata.arn", "--output", "text"],
      ),
      `${arn}\n`,
    );
    for (const name of names) await aws.text("delete-virtual-node", ...mesh, "--virtual-node-name", name);
    await aws.text("delete-mesh", ...mesh);
  });

  it("prints App Mesh's errors, and ends with 255", async () => {
    assert.deepEqual(await aws.run("describe-mesh", "--mesh-name", "gone"), {
      code: 255,
      stdout: "",
      stderr:
        "\nAn error occurred (NotFoundException) when calling the DescribeMesh operation: " +
        "Mesh with name gone is not present for account 000000000000\n",
    });
  });

  it("is pointed at the control plane by --endpoint-url, in a process of its own", async () => {
    const { AWS_ENDPOINT_URL_APP_MESH: _, ...env } = controlPlane.env;
    const command = ["list-tags-for-resource", "--resource-arn", `${ARN}mesh/endpoint`];
    await aws.text("create-mesh", "--mesh-name", "endpoint");
    const args = ["-m", "awscli", "appmesh", ...command, "--endpoint-url", controlPlane.api];
    assert.deepEqual(await run(await python(), args, env), {
      code: 0,
      stdout: '{\n    "tags": []\n}\n',
      stderr: "",
    });
  });
});

const options = (names: Readonly<Record<string, string>>): string[] =>
  Object.entries(names).flatMap(([name, value]) => [`--${kebab(name)}`, value]);

/** The values of a sample in the places that the skeleton has for them. Fails where it has none. */
function filled(skeleton: unknown, sample: unknown, path: string): unknown {
  assert.notEqual(skeleton, undefined, `the skeleton has no ${path}`);
  if (Array.isArray(sample)) {
    return sample.map((item, n) => filled((skeleton as unknown[])[0], item, `${path}[${n}]`));
  }
  if (typeof sample !== "object" || sample === null) {
    assert.equal(typeof skeleton, typeof sample, path);
    return sample;
  }
  const members = skeleton as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(sample).map(([name, value]) => [name, filled(members[name], value, `${path}.${name}`)]),
  );
}
