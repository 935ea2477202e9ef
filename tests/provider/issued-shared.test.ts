// What an account issues to its own proxies in a mesh that another account shares with it, by Pulumi's real engine.
import assert from "node:assert/strict";
import { ProxyIdentity, VirtualNode } from "@pulumi-appmesh/appmesh";
import { parseEndpoint } from "@pulumi-appmesh/control-plane/endpoint.js";
import { AdsClient } from "../support/ads-client.js";
import {
  type AccessKey,
  type ControlPlane,
  runAppmesh,
  startControlPlane,
} from "../support/control-plane.js";
import { common, endOf } from "./issued.js";
import { TestStack } from "./stack.js";

const OWNER = "000000000000";
const OTHER = "999999999999";
const reviews = `mesh/shop@${OWNER}/virtualNode/reviews`;

describe("what is issued in a shared mesh", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let theirs: AccessKey;
  const ok = async (method: string, path: string, body?: object) => {
    const answer = await controlPlane.call(method, path, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  };
  before(async () => {
    controlPlane = await startControlPlane(common);
    theirs = (await ok("POST", "/v1/access-keys", { account: OTHER })).accessKey;
    await ok("PUT", "/v20190125/meshes", { meshName: "shop" });
    await ok("PUT", "/v20190125/meshes/shop/virtualNodes", { virtualNodeName: "catalog", spec: {} });
    await ok("PUT", `/v1/meshes/shop/shares/${OTHER}`, {});
  });
  after(() => controlPlane?.stop());

  it("is for the account's own virtual node, as long as that is there, and for no other", async () => {
    const stack = await TestStack.create({
      APPMESH_ENDPOINT: controlPlane.api,
      APPMESH_ACCESS_KEY_ID: theirs.accessKeyId,
      APPMESH_SECRET_ACCESS_KEY: theirs.secretAccessKey,
    });
    const mesh = { meshName: "shop", meshOwner: OWNER };
    const program = (more?: () => void) => async () => {
      const { virtualNodeName } = new VirtualNode("reviews", {
        ...mesh,
        virtualNodeName: "reviews",
        spec: {},
      });
      const identity = new ProxyIdentity("reviews", { ...mesh, virtualNode: virtualNodeName });
      more?.();
      const { trust, certificate, privateKey } = identity;
      return { id: identity.id, trust, certificate, privateKey };
    };
    const up = await stack.up(program());
    assert.deepEqual(up.messages, []);
    const { id, ...issued } = up.outputs as Record<"id" | "trust" | "certificate" | "privateKey", string>;
    assert.match(id, /^shop@000000000000\/[0-9a-f]{32}$/);
    assert.deepEqual(
      (await stack.preview(undefined, { refresh: true })).steps.filter(({ op }) => op !== "refresh"),
      [],
    );

    // As by the command.
    const asked = ["list", "--mesh", "shop", "--mesh-owner", OWNER, "--endpoint", controlPlane.api];
    const listed = await runAppmesh("identities", asked, { accessKey: theirs });
    assert.deepEqual(
      JSON.parse(listed.stdout).identities.map(({ identityId }: { identityId: string }) => identityId),
      [id.split("/")[1]],
    );

    const taken = await stack.up(
      program(() => new ProxyIdentity("catalog", { ...mesh, virtualNode: "catalog" })),
    );
    assert.deepEqual(taken.messages, [
      'cannot issue an identity to the proxies of virtual node "catalog" of mesh "shop": ForbiddenException: account ' +
        `${OTHER} may not say who the proxies of VirtualNode catalog are: only the account that created it, ${OWNER}, and the ` +
        `mesh's owner, ${OWNER}, may`,
    ]);

    const open = (nodeId: string) => {
      const shown = {
        trust: issued.trust,
        certificate: { certificate: issued.certificate, key: issued.privateKey },
      };
      const client = new AdsClient(parseEndpoint(controlPlane.xds) as never, "incremental", shown);
      client.send({ nodeId, kind: "clusters" });
      return client;
    };
    const client = open(reviews);
    await client.next();
    // The owner of the mesh makes another of the name.
    const denied = {
      code: 7,
      details: `the proxy is not one of ${reviews} of account ${OTHER}, which what it has shown is a proof of`,
    };
    const node = "/v20190125/meshes/shop/virtualNodes";
    await ok("DELETE", `${node}/reviews`);
    assert.deepEqual(await endOf(client), denied);
    await ok("PUT", node, { virtualNodeName: "reviews", spec: {} });
    assert.deepEqual(await endOf(open(reviews)), denied);

    const gone = await stack.destroy();
    assert.deepEqual([gone.failure !== undefined, gone.messages.length], [true, 1]);
    assert.match(gone.messages[0] ?? "", /ForbiddenException|may not delete/);
    const { identities } = await ok("GET", "/v1/meshes/shop/identities");
    assert.deepEqual(
      identities.map(({ virtualNode, account, status }: Record<string, string>) => [
        virtualNode,
        account,
        status,
      ]),
      [["reviews", OTHER, "Revoked"]],
    );
  });
});
