// The local twin of examples/fargate-canary-typescript: the task definitions that its `pulumi up` gives to ECS, run as tasks on
// this machine, with the mesh that it declares, real Envoys, and names and addresses as ECS registers them in Cloud Map.
import assert from "node:assert/strict";
import { stat, Traffic } from "../ecs/shop.js";
import { versionOf } from "../support/aws-stand-in/aws.js";
import { putStandIn, type StandIn } from "../support/aws-stand-in/stand-in.js";
import { CloudMapServer } from "../support/cloud-map.js";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { callAt } from "../support/http.js";
import { skipWithout } from "../support/needs.js";
import { until } from "../support/sidecar.js";
import { Cluster, containersMissing } from "../support/tasks/cluster.js";
import { type Images, meshImages, nodeImage } from "../support/tasks/images.js";
import type { RunningGroup } from "../support/tasks/running-group.js";
import { type TaskDefinition, taskGroup } from "../support/tasks/task-definition.js";
import type { Span } from "../support/trace-collectors.js";
import { type ExampleStack, settings } from "./fargate-canary.js";
import { typescriptStack } from "./typescript.js";

type Made = ReturnType<StandIn["made"]>;

/** Each image of the example's registry answers with its name. */
async function images(): Promise<Images> {
  const ofMesh = await meshImages();
  return (reference) => {
    const [, image] = reference.split(`${settings.registry}/`);
    return image === undefined ? ofMesh(reference) : nodeImage("hop", { environment: { IMAGE: image } });
  };
}

/** What the provider of AWS registers with ECS. */
function taskDefinitions(made: Made): readonly TaskDefinition[] {
  const given = Object.entries(made).filter(([key]) => key.startsWith("aws:ecs/taskDefinition:"));
  return given.map(([, { containerDefinitions, proxyConfiguration, ...rest }]) => {
    const { properties, ...proxy } = (proxyConfiguration ?? {}) as { properties?: Record<string, string> };
    return {
      ...rest,
      containerDefinitions: JSON.parse(String(containerDefinitions)),
      ...(proxyConfiguration !== undefined && {
        proxyConfiguration: {
          ...proxy,
          properties: Object.entries(properties ?? {}).map(([name, value]) => ({ name, value })),
        },
      }),
    } as unknown as TaskDefinition;
  });
}

/** What Secrets Manager holds, by ARN and version. */
function secretsOf(made: Made): Record<string, string> {
  const versions = Object.entries(made).filter(([key]) =>
    key.startsWith("aws:secretsmanager/secretVersion:"),
  );
  return Object.fromEntries(
    versions.map(([, { secretId, secretString }]) => {
      const { $secret } = secretString as { readonly $secret: string };
      return [`${secretId}:::${versionOf($secret)}`, $secret];
    }),
  );
}

describe("the tasks of the example of a canary on Fargate", function () {
  this.timeout(300_000);
  // Each test goes on from where the one before it left the mesh.
  this.bail(true);
  let cloudMap: CloudMapServer;
  let cluster: Cluster;
  let controlPlane: ControlPlane;
  let stack: ExampleStack;
  const tasks = new Map<string, RunningGroup>();
  /** Its service has two tasks, as all of them have in the account. */
  const twice = { family: "catalog-v1", second: "catalog-v1-b" };
  const tasksOf = (family: string): readonly string[] =>
    family === twice.family ? [family, twice.second] : [family];
  /** The service of Cloud Map in which a task is. */
  const registered = new Map<string, string>();

  before(async function () {
    skipWithout(this, containersMissing());
    const aws = putStandIn("aws");
    putStandIn("awsx");
    cloudMap = await CloudMapServer.start();
    cluster = await Cluster.start(await images());
    const { host } = cluster.network;
    controlPlane = await startControlPlane({
      xds: `${host}:18000`,
      args: ["--xds-tls-self-signed", "--cloud-map-interval", "1"],
      env: cloudMap.env,
    });
    stack = await typescriptStack("fargate-canary-typescript", "fargate-canary", {
      APPMESH_ENDPOINT: controlPlane.api,
    });
    for (const [key, value] of Object.entries({ ...settings, controlPlaneHost: host })) {
      await stack.config(key, value);
    }
    await stack.up();
    const made = aws.made();
    const secrets = secretsOf(made);
    for (const definition of taskDefinitions(made)) {
      for (const name of tasksOf(definition.family)) {
        const group = taskGroup(definition, { name, secrets });
        tasks.set(name, cluster.run(group, { pace: 0.3, slack: 10 }));
      }
    }
    for (const task of tasks.values()) await task.steady();
    await register(made);
  });
  after(async () => {
    await cluster?.close();
    await controlPlane?.stop();
    await cloudMap?.close();
  });
  afterEach(function () {
    if (this.currentTest?.state !== "failed") return;
    for (const [name, task] of tasks) console.error(`---- ${name}\n${task.logs}`);
  });

  /** Has the tasks of services that are to be registered in Cloud Map found there, and by DNS, as ECS does. */
  async function register(made: Made): Promise<void> {
    const namespace = await cloudMap.namespace("shop.internal");
    const services = Object.entries(made).filter(([key]) => key.startsWith("aws:servicediscovery/service:"));
    for (const [key, { name }] of services) {
      const id = await cloudMap.service(namespace, String(name));
      const registry = `arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-${key.split(" ")[1]}`;
      for (const { family } of taskDefinitions(made)) {
        const service = made[`aws:ecs/service:Service ${family}-service`];
        if ((service?.serviceRegistries as { registryArn: string } | undefined)?.registryArn !== registry)
          continue;
        for (const task of tasksOf(family)) {
          await cloudMap.register(id, task, {
            AWS_INSTANCE_IPV4: taskOf(task).address,
            AWS_INIT_HEALTH_STATUS: "UNHEALTHY",
            ECS_TASK_DEFINITION_FAMILY: family,
          });
          await cloudMap.health(id, task, "HEALTHY");
          registered.set(task, id);
        }
      }
      cluster.names.set(`${name}.shop.internal`, await cloudMap.addresses(`${name}.shop.internal`));
    }
  }

  const taskOf = (name: string) => tasks.get(name) as RunningGroup;
  const web = () => `${taskOf("web").address}:8080`;
  /** The images that a request of a client comes by, as the load balancer passes it on. */
  const call = async (headers: Readonly<Record<string, string>> = {}): Promise<string> => {
    const { status, body } = await callAt(web(), "/", { headers });
    return status === 200 ? JSON.parse(body).join(" → ") : `${status} ${body.trim()}`;
  };
  const by = (catalog: string) => `storefront:1.8.0 → ${catalog} → prices:3.1.0`;
  const [v1, v2] = [by("catalog:1.4.2"), by("catalog:2.0.0")];

  /** How many of so many requests come by the canary; the others come by the version before it. */
  async function ofCanary(requests: number): Promise<number> {
    let canary = 0;
    for (let request = 0; request < requests; request++) {
      const way = await call();
      assert.ok(way === v1 || way === v2, way);
      if (way === v2) canary++;
    }
    return canary;
  }

  it("carry requests from the gateway through every service, and a tenth of them by the canary", async () => {
    await until(async () => [v1, v2].includes(await call()));
    const canary = await ofCanary(200);
    // Six standard deviations on either side, or nearly.
    assert.ok(canary > 0 && canary < 46, `${canary} of 200`);
  });

  it("are shifted by another `pulumi up`, and lose no request", async () => {
    const traffic = new Traffic(call);
    await stack.config("canaryWeight", "50");
    assert.equal((await stack.up()).steps.length, 2);
    await traffic.more(v2);
    const canary = await ofCanary(200);
    assert.ok(canary > 57 && canary < 143, `${canary} of 200`);
    assert.deepEqual(Object.keys(await traffic.end()).sort(), [v1, v2]);
  });

  it("share the requests of a version, and lose none as one of them is told to stop", async () => {
    const counter = `cluster.cds_ingress_shop_${twice.family}_http_8080.upstream_rq_total`;
    const [first, second] = [twice.family, twice.second].map((name) => () => stat(taskOf(name), counter)) as [
      () => Promise<number>,
      () => Promise<number>,
    ];
    const before = [await first(), await second()] as const;
    const traffic = new Traffic(call);
    await until(async () => (await first()) > before[0] + 10 && (await second()) > before[1] + 10);
    // As ECS does: nobody finds it any more, and it is told to stop. It answers until its callers know.
    await cloudMap.deregister(String(registered.get(twice.second)), twice.second);
    void taskOf(twice.second).stop();
    await until(async () => {
      const count = await second().catch(() => 0);
      await traffic.more(v1);
      // On a slow machine it may have ended by now.
      return (await second().catch(() => count)) === count;
    });
    assert.deepEqual(Object.keys(await traffic.end()).sort(), [v1, v2]);
  });

  it("tell of a request in one trace", async () => {
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const way = await call({ traceparent: `00-${traceId}-00f067aa0ba902b7-01` });
    const catalog = way === v2 ? "catalog-v2" : "catalog-v1";
    const spans = (task: string) =>
      taskOf(task)
        .log("otel-collector")
        .split("\n")
        .filter((line) => line.startsWith("span "))
        .map((line): Span => JSON.parse(line.slice("span ".length)))
        .filter((span) => span.traceId === traceId);
    const names = ["web", "storefront-v1", catalog, "prices-v1"];
    await until(() => names.every((task) => spans(task).length > 0));
    assert.deepEqual(
      names.map((task) => [...new Set(spans(task).map(({ service }) => service))]),
      names.map((task) => [`shop/${task}`]),
    );
  });
});
