// A program whose key is for one mesh, over HTTPS by an authority of the control plane's own.
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Mesh, VirtualNode } from "@pulumi-appmesh/appmesh";
import {
  type AccessKey,
  type ControlPlane,
  runAppmesh,
  startControlPlane,
} from "../support/control-plane.js";
import { TestStack } from "./stack.js";

const operator: AccessKey = { accessKeyId: "AKIDOPERATOR", secretAccessKey: "the-secret-of-the-operator" };

describe("a program with a key for one mesh", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  before(async () => {
    controlPlane = await startControlPlane({ accessKey: operator, args: ["--tls-self-signed"] });
  });
  after(() => controlPlane.stop());

  const program = (meshName: string) => async () => {
    const mesh = new Mesh(meshName, { meshName });
    new VirtualNode("catalog", { meshName: mesh.meshName, virtualNodeName: "catalog", spec: {} });
  };

  it("makes that mesh and what is in it over HTTPS, and no other one", async () => {
    const caFile = /^tls ca=(.*)$/m.exec(controlPlane.log())?.[1] ?? "";
    const { stdout } = await runAppmesh(
      "keys",
      ["create", "--mesh", "shop", "--endpoint", controlPlane.api, "--ca", caFile],
      { accessKey: operator },
    );
    const key: AccessKey = JSON.parse(stdout).accessKey;
    const stack = await TestStack.create({
      APPMESH_ENDPOINT: controlPlane.api,
      APPMESH_CA_CERTIFICATE: readFileSync(caFile, "utf8"),
      APPMESH_ACCESS_KEY_ID: key.accessKeyId,
      APPMESH_SECRET_ACCESS_KEY: key.secretAccessKey,
    });
    const made = await stack.up(program("shop"));
    strictEqual(made.failure, undefined);
    deepStrictEqual(
      (await stack.resources()).map(({ id }) => id),
      ["shop", "shop/catalog"],
    );
    const refused = await stack.up(program("bank"));
    ok(refused.failure);
    const why =
      `User: arn:aws:iam::000000000000:access-key/${key.accessKeyId} is not authorized to perform: ` +
      "appmesh:CreateMesh on resource: arn:aws:appmesh:us-east-1:000000000000:mesh/bank " +
      "because the key is for mesh shop@000000000000 only";
    ok(
      refused.messages.some((message) => message.includes(why)),
      refused.messages.join("\n"),
    );
    strictEqual((await stack.destroy()).failure, undefined);
    ok(!controlPlane.log().includes(key.secretAccessKey));
  });
});
