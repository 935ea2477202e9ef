import assert from "node:assert/strict";
import { join } from "node:path";
import { type AccessKey, runAppmesh, startControlPlane, temporaryFolder } from "../support/control-plane.js";
import { Boto3 } from "./callers.js";

const anyPort = ["--api", "127.0.0.1:0", "--xds", "127.0.0.1:0"];

describe("The keys of a control plane", function () {
  this.timeout(180_000);
  let boto3: Boto3;
  before(async () => {
    boto3 = await Boto3.start();
  });
  after(() => boto3.stop());

  it("are kept over a restart, and managed in the data folder while nobody serves it", async () => {
    const data = temporaryFolder();
    const inFolder = (...args: string[]) => runAppmesh("keys", [...args, "--data", data]);
    const made: AccessKey = JSON.parse((await inFolder("create", "--description", "first")).stdout).accessKey;
    let controlPlane = await startControlPlane({ data });
    const { api } = controlPlane;
    const list = (key?: AccessKey) =>
      boto3.call({ endpoint: controlPlane.api, ...(key && { key }), operation: "list_meshes" });
    assert.deepEqual(await list(made), { output: { meshes: [] } });
    assert.equal(((await list()) as { code: string }).code, "MissingAuthenticationTokenException");

    assert.deepEqual(await inFolder("list"), {
      code: 1,
      stdout: "",
      stderr:
        `appmesh keys: ${join(data, "appmesh.db")} is in use by another appmesh serve. ` +
        "Stop that one, or give another data folder, by --data DIR\n",
    });
    const overApi = await runAppmesh("keys", ["create", "--read-only", "--endpoint", api], {
      accessKey: made,
    });
    const reader: AccessKey = JSON.parse(overApi.stdout).accessKey;
    await controlPlane.kill9();

    controlPlane = await startControlPlane({ data });
    for (const key of [made, reader]) assert.deepEqual(await list(key), { output: { meshes: [] } });
    await controlPlane.stop();
    assert.equal(
      JSON.parse((await inFolder("revoke", reader.accessKeyId)).stdout).accessKey.status,
      "Revoked",
    );
    controlPlane = await startControlPlane({ data });
    assert.equal(((await list(reader)) as { code: string }).code, "UnrecognizedClientException");
    await controlPlane.stop();
    assert.deepEqual(await runAppmesh("serve", [...anyPort, "--data", data], { accessKey: made }), {
      code: 1,
      stdout: "",
      stderr:
        `appmesh serve: APPMESH_ACCESS_KEY_ID is '${made.accessKeyId}', a key that this control plane has issued and ` +
        "keeps itself, with its own scope and end. Start without it, or give a key of another id\n",
    });
  });

  it("are asked for from the first one on, which whoever is on this machine may issue", async () => {
    const controlPlane = await startControlPlane();
    const keys = (args: string[], key?: AccessKey) =>
      runAppmesh("keys", [...args, "--endpoint", controlPlane.api], key ? { accessKey: key } : {});
    assert.equal((await controlPlane.call("GET", "/v20190125/meshes")).status, 200);
    const made: AccessKey = JSON.parse((await keys(["create"])).stdout).accessKey;
    assert.equal((await controlPlane.call("GET", "/v20190125/meshes")).status, 403);
    assert.deepEqual(await keys(["create"]), {
      code: 1,
      stdout: "",
      stderr:
        `appmesh keys: ${controlPlane.api} asks for an access key. ` +
        "Give one in APPMESH_ACCESS_KEY_ID and APPMESH_SECRET_ACCESS_KEY\n",
    });
    assert.equal(JSON.parse((await keys(["list"], made)).stdout).accessKeys.length, 1);
    await controlPlane.stop();
  });
});
