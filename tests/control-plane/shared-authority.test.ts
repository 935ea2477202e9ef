// Replicas that share a table serve their API by certificates of one authority, which the table has.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import type { TablePlace } from "@pulumi-appmesh/control-plane/store/dynamodb/calls.js";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { DynamoDbServer } from "../support/dynamodb.js";

const root = { accessKeyId: "AKIAREPLICAS", secretAccessKey: "a-secret-of-the-environment" };
const serverName = "appmesh.shop.internal";

/** What a replica told at its start that clients are to trust. */
function trustOf(replica: ControlPlane): string {
  const line = replica
    .log()
    .split("\n")
    .find((each) => each.includes('"trust":'));
  return (JSON.parse(line ?? "{}") as { trust: string }).trust;
}

/** The fingerprint of what a replica shows, if a client that trusts `ca` takes it. */
async function shownBy(replica: ControlPlane, ca: string): Promise<string> {
  const { hostname, port } = new URL(replica.api);
  const socket = connect({
    host: hostname,
    port: Number(port),
    servername: serverName,
    ca,
    rejectUnauthorized: true,
  });
  try {
    await once(socket, "secureConnect");
    return socket.getPeerCertificate().fingerprint256;
  } finally {
    socket.destroy();
  }
}

describe("The API of replicas over HTTPS", function () {
  this.timeout(180_000);
  let server: DynamoDbServer;
  let place: TablePlace;
  const replicas: ControlPlane[] = [];
  before(async function () {
    server = await DynamoDbServer.start(this);
    place = await server.table();
    for (let n = 0; n < 2; n++) {
      replicas.push(
        await startControlPlane({
          table: place,
          accessKey: root,
          args: ["--tls-self-signed", "--tls-name", serverName],
        }),
      );
    }
  });
  after(async () => {
    for (const replica of replicas) await replica.stop();
    await server?.close();
  });

  it("has one authority for all of them, and writes no file", async () => {
    const [one, two] = replicas as [ControlPlane, ControlPlane];
    const trust = trustOf(one);
    assert.match(trust, /^-----BEGIN CERTIFICATE-----/);
    assert.equal(trustOf(two), trust);
    const shown = [await shownBy(one, trust), await shownBy(two, trust)];
    assert.notEqual(shown[0], shown[1]);
    assert.deepEqual(readdirSync(one.data), []);
  });

  it("shows a certificate of another authority once that one signs, on every replica", async () => {
    const [one, two] = replicas as [ControlPlane, ControlPlane];
    const before = trustOf(one);
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    try {
      const { body } = await one.call("POST", "/v1/identities/authorities", { purpose: "proxies" });
      const used = await one.call("POST", `/v1/identities/authorities/${body.authority.authorityId}/use`, {});
      assert.deepEqual(
        [used.status, used.body.authority?.signs],
        [200, true],
        JSON.stringify([body, used.body]),
      );
      for (const end = Date.now() + 60_000; Date.now() < end; await sleep(50)) {
        const taken = await Promise.all(
          replicas.map((each) => shownBy(each, body.authority.certificate).catch(() => undefined)),
        );
        if (!taken.includes(undefined)) break;
      }
      await shownBy(one, body.authority.certificate);
      await shownBy(two, body.authority.certificate);
      await assert.rejects(shownBy(two, before), { code: /UNABLE_TO_VERIFY|UNABLE_TO_GET/ });
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    }
  });
});
