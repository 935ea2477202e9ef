// Tasks of ECS whose proxies prove who they are by what Pulumi has put into Secrets Manager for them: the real engine and
// a real control plane issue it, a stand-in takes the place of the AWS provider, and containers that of ECS.
import assert from "node:assert/strict";
import { type Output, output } from "@pulumi/pulumi";
import { NodeIdentity } from "@pulumi-appmesh/appmesh";
import { TestStack } from "../provider/stack.js";
import { putStandIn, type StandIn } from "../support/aws-stand-in/stand-in.js";
import { skipWithout } from "../support/needs.js";
import { until } from "../support/sidecar.js";
import { containersMissing } from "../support/tasks/cluster.js";
import type { RunningGroup } from "../support/tasks/running-group.js";
import { answers, application, callCatalog, key, Shop, Traffic } from "./shop.js";

const HOUR = 60 * 60;

/** Where ECS finds what proves who a proxy is. */
type Proof = Readonly<Record<"trustFrom" | "certificateFrom" | "privateKeyFrom" | "tokenFrom", string>>;

const program =
  (renewBeforeSeconds = HOUR / 3) =>
  async () => {
    const of = (virtualNode: string, kind: "certificate" | "token"): Output<Partial<Proof>> => {
      const expiresInSeconds = HOUR;
      const { trustFrom, certificateFrom, privateKeyFrom, tokenFrom } = new NodeIdentity(virtualNode, {
        ...{ meshName: "shop", virtualNode, kind, expiresInSeconds, renewBeforeSeconds },
      });
      return output(
        kind === "token" ? { trustFrom, tokenFrom } : { trustFrom, certificateFrom, privateKeyFrom },
      ) as Output<Partial<Proof>>;
    };
    return { front: of("front", "token"), catalog: of("catalog-v1", "certificate") };
  };

describe("tasks that get their identity from Pulumi", function () {
  this.timeout(180_000);
  let shop: Shop;
  let aws: StandIn;
  let stack: TestStack;
  const tasks: RunningGroup[] = [];

  before(async function () {
    skipWithout(this, containersMissing());
    aws = putStandIn("aws");
    shop = await Shop.open();
    await shop.createMesh();
    stack = await TestStack.create({
      APPMESH_ENDPOINT: shop.controlPlane.api,
      APPMESH_ACCESS_KEY_ID: key.accessKeyId,
      APPMESH_SECRET_ACCESS_KEY: key.secretAccessKey,
    });
  });
  after(() => shop?.close());
  afterEach(function () {
    if (this.currentTest?.state !== "failed") return;
    for (const task of tasks) console.error(`---- ${task.group.name}\n${task.logs}`);
  });

  /** What the stack gives out, once what it has put into Secrets Manager is where ECS finds it. */
  async function deployed(renewBeforeSeconds?: number): Promise<Record<"front" | "catalog", Partial<Proof>>> {
    const { failure, messages, outputs } = await stack.up(program(renewBeforeSeconds));
    assert.deepEqual([failure !== undefined, messages], [false, []]);
    const found = outputs as Record<"front" | "catalog", Proof>;
    const made = aws.made();
    for (const [name, { trustFrom }] of [
      ["front", found.front] as const,
      ["catalog-v1", found.catalog] as const,
    ]) {
      const { secretString } =
        made[`aws:secretsmanager/secretVersion:SecretVersion ${name}-secret-version`] ?? {};
      shop.keep(trustFrom.replace(":trust::", ":::"), (secretString as { $secret: string }).$secret);
    }
    return found;
  }
  const start = async (node: string, proof: Partial<Proof>, task: string) => {
    const controlPlane = { ...shop.endpoint, ...proof };
    const made = await shop.start(node, { controlPlane, task, containers: [application(task)] });
    tasks.push(made);
    return made;
  };
  const connected = async () => {
    const { body } = await shop.controlPlane.call("GET", "/v1/proxies");
    return body.proxies.map(({ nodeId }: { nodeId: string }) => nodeId).sort() as string[];
  };

  it("serve with it, go on when it is taken back, and lose no request while others take their places with the next", async () => {
    const first = await deployed();
    const [old, front] = [
      await start("catalog-v1", first.catalog, "old"),
      await start("front", first.front, "front"),
    ];
    shop.cluster.register("catalog-v1.tasks", old);
    shop.cluster.register("front.tasks", front);
    await Promise.all([old.steady(), front.steady()]);
    await answers(front, "old");
    assert.deepEqual(await connected(), ["mesh/shop/virtualNode/catalog-v1", "mesh/shop/virtualNode/front"]);

    const traffic = new Traffic(() => callCatalog(front));
    await traffic.more("old");
    // Whoever is renewed in the first second of an hour is so at once.
    await until(async () => {
      const { steps } = await stack.preview(program(HOUR - 1));
      return steps.filter(({ op, name }) => op === "replace" && name.endsWith("-identity")).length === 2;
    });
    const next = await deployed(HOUR - 1);
    assert.notEqual(next.catalog.certificateFrom, first.catalog.certificateFrom);
    // Nobody is told anything any more, and everybody serves with what there is.
    await until(async () => (await connected()).length === 0);
    await traffic.more("old");

    const replacement = await start("catalog-v1", next.catalog, "new");
    await replacement.steady();
    shop.cluster.register("catalog-v1.tasks", replacement);
    await until(async () => (await connected()).length === 1);
    await old.stop();
    await traffic.more("new", 50);
    assert.deepEqual(Object.keys(await traffic.end()).sort(), ["new", "old"]);
  });
});
