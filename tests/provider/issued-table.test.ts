// What Pulumi's real engine issues straight on the control planes' table, where no API can be reached.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Mesh, ProxyIdentity } from "@pulumi-appmesh/appmesh";
import { AuthorityAws } from "../support/authority-aws.js";
import {
  type ControlPlane,
  runAppmesh,
  startControlPlane,
  temporaryFolder,
} from "../support/control-plane.js";
import { DynamoDbServer, dynamoDbEnv } from "../support/dynamodb.js";
import { until } from "../support/sidecar.js";
import { common, endOf, Holders, issuedBy, program, renew, takenBack } from "./issued.js";
import { TestStack } from "./stack.js";

describe("what Pulumi issues on the table", function () {
  this.timeout(240_000);
  let server: DynamoDbServer;
  let replica: ControlPlane;
  let env: Record<string, string>;
  before(async function () {
    server = await DynamoDbServer.start(this);
    const place = await server.table();
    replica = await startControlPlane({ ...common, table: place });
    env = {
      ...dynamoDbEnv,
      AWS_ENDPOINT_URL_DYNAMODB: server.endpoint,
      APPMESH_TABLE: place.table,
      // Whoever called a control plane would find none.
      APPMESH_ENDPOINT: "http://127.0.0.1:1",
    };
  });
  after(async () => {
    await replica?.stop();
    await server?.close();
  });

  it("is believed by the replicas, renewed near its end, and taken back with the stack", async () => {
    const holders = new Holders(replica);
    const stack = await TestStack.create(env);
    const made = issuedBy(await stack.up(program()));
    assert.deepEqual(
      (await stack.preview(undefined, { refresh: true })).steps.filter(({ op }) => op !== "refresh"),
      [],
    );
    await until(async () => (await holders.status(made, "shop")) === 200);
    const old = await holders.admitted(made);
    (await holders.admitted(made, made.token)).close();

    const renewed = issuedBy(await renew(stack));
    assert.deepEqual(
      Object.keys(made.ids).filter((name) => made.ids[name] === renewed.ids[name]),
      [],
    );
    assert.deepEqual(await endOf(old), takenBack);
    assert.deepEqual(await endOf(holders.proxy(made)), takenBack);
    const kept = await holders.admitted(renewed);
    await until(async () => (await holders.status(made, "shop")) === 403);
    assert.equal(await holders.status(renewed, "shop"), 200);

    const gone = await stack.destroy();
    assert.deepEqual([gone.failure, gone.messages], [undefined, []]);
    assert.deepEqual(await endOf(kept), takenBack);
    await until(async () => (await holders.status(renewed, "shop")) === 403);
  });

  it("is no certificate where no control plane has told the table its trust domain", async () => {
    const { table } = await server.table();
    const args = [
      "create",
      "--table",
      table,
      "--dynamodb-endpoint",
      server.endpoint,
      "--account",
      "111122223333",
    ];
    assert.equal((await runAppmesh("table", args)).code, 0);
    const stack = await TestStack.create({ ...env, APPMESH_TABLE: table });
    const of = (kind: "certificate" | "token") => async () => {
      const { meshName } = new Mesh("shop", { meshName: "shop" });
      new ProxyIdentity("web", { meshName, virtualNode: "web", kind });
    };
    assert.deepEqual((await stack.up(of("certificate"))).messages, [
      'cannot issue an identity to the proxies of virtual node "web" of mesh "shop": ConflictException: no control plane has ' +
        "told the table in which trust domain the certificates of proxies are. Start one on it (appmesh serve --table), of " +
        "this version or a later one, or issue tokens, which need none",
    ]);
    assert.deepEqual((await stack.up(of("token"))).messages, []);
  });

  it("is signed with the rights of whoever runs Pulumi where the authority's key is not in the table", async () => {
    const aws = await AuthorityAws.start();
    try {
      const file = join(temporaryFolder(), "authority.pem");
      writeFileSync(file, aws.bundle);
      const up = async (place: string, between: () => Promise<void>) => {
        const table = await server.table();
        const args = [...common.args, "--authority", `proxies=${place}`];
        await (await startControlPlane({ ...common, args, table, env: aws.env })).stop();
        await between();
        const stack = await TestStack.create({ ...env, ...aws.env, APPMESH_TABLE: table.table });
        return stack.up(async () => {
          const { meshName } = new Mesh("shop", { meshName: "shop" });
          const { trust, certificate } = new ProxyIdentity("web", { meshName, virtualNode: "web" });
          return { trust, certificate };
        });
      };
      let signed = 0;
      const counted = async () => (await aws.counts()).Sign ?? 0;
      const { messages, outputs } = await up(aws.kms.good, async () => {
        signed = await counted();
      });
      assert.deepEqual(messages, []);
      const [trust, certificate] = [outputs.trust, outputs.certificate].map(
        (pem) => new X509Certificate(String(pem)),
      );
      assert.ok(trust && certificate?.verify(trust.publicKey));
      assert.equal(await counted(), signed + 1);

      const gone = await up(`files:${file}`, async () => unlinkSync(file));
      assert.equal(gone.messages.length, 1);
      assert.match(
        gone.messages[0] ?? "",
        new RegExp(
          `^cannot issue an identity .*: ConflictException: the authority at files:${file} cannot be used: `,
        ),
      );
    } finally {
      await aws.stop();
    }
  });
});
