// What the harness itself makes of task definitions: the other tests of this folder stand on it.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import type { Readable } from "node:stream";
import { redirectSteps } from "@pulumi-appmesh/control-plane/interception/rules.js";
import { Network } from "../support/namespaces.js";
import { skipWithout } from "../support/needs.js";
import { alive, until } from "../support/sidecar.js";
import { Cluster, containersMissing } from "../support/tasks/cluster.js";
import { meshImages, nodeImage } from "../support/tasks/images.js";
import type { RunningGroup } from "../support/tasks/running-group.js";
import {
  type ContainerDefinition,
  type TaskDefinition,
  taskGroup,
} from "../support/tasks/task-definition.js";

const pace = 0.02;

describe("task definitions as processes", function () {
  this.timeout(180_000);
  let cluster: Cluster;
  let tasks = 0;

  before(async function () {
    skipWithout(this, containersMissing());
    cluster = await Cluster.start(await meshImages({ shell: {}, "shop/app": nodeImage("app") }));
  });
  after(() => cluster?.close());

  const task = (
    containers: readonly ContainerDefinition[],
    more: Partial<TaskDefinition> = {},
  ): TaskDefinition => ({
    family: "test",
    networkMode: "awsvpc",
    containerDefinitions: containers,
    ...more,
  });
  const run = (
    containers: readonly ContainerDefinition[],
    more: Partial<TaskDefinition> = {},
  ): RunningGroup =>
    cluster.run(taskGroup(task(containers, more), { name: `t${tasks++}`, secrets }), { pace });
  const secrets = {
    "arn:aws:ssm:eu-west-1:000000000000:parameter/token": "of the parameter",
    "arn:aws:secretsmanager:eu-west-1:000000000000:secret:db-AbCdEf": '{"password":"of the secret"}',
  };
  const shell = (
    name: string,
    script: string,
    more: Partial<ContainerDefinition> = {},
  ): ContainerDefinition => ({
    name,
    image: "shell:1",
    entryPoint: ["/bin/sh", "-c"],
    command: [script],
    ...more,
  });
  const allEnded = (status: RunningGroup["status"]) =>
    Object.values(status).every(({ state }) => state === "STOPPED");
  const forever = "trap 'echo ending; exit 0' TERM; while :; do sleep 0.02; done";

  it("gives a container its user, limits, environment, secrets and files, and nothing of this machine's", async () => {
    const group = run(
      [
        shell(
          "one",
          [
            "id -u; id -g; ulimit -n; ulimit -Hn; pwd; echo $GREETING; echo $TOKEN; echo $PASSWORD; env | wc -l",
            "cat /etc/resolv.conf; ls -A /tmp /root; ps -e 2>/dev/null | wc -l; cat /data/from-two; hostname -i",
            "echo to /dev/stdout > /dev/stdout; touch /data/mine 2>/dev/null || echo no",
          ].join("; "),
          {
            user: "1337",
            workingDirectory: "/usr",
            environment: [{ name: "GREETING", value: 'it\'s "here" $HOME' }],
            secrets: [
              { name: "TOKEN", valueFrom: "arn:aws:ssm:eu-west-1:000000000000:parameter/token" },
              {
                name: "PASSWORD",
                valueFrom: "arn:aws:secretsmanager:eu-west-1:000000000000:secret:db-AbCdEf:password::",
              },
            ],
            ulimits: [{ name: "nofile", softLimit: 15000, hardLimit: 16000 }],
            mountPoints: [{ sourceVolume: "shared", containerPath: "/data", readOnly: true }],
            dependsOn: [{ containerName: "two", condition: "SUCCESS" }],
          },
        ),
        shell("two", "echo hello > /srv/files/from-two", {
          essential: false,
          mountPoints: [{ sourceVolume: "shared", containerPath: "/srv/files" }],
        }),
      ],
      { volumes: [{ name: "shared" }] },
    );
    assert.equal(await group.stopped(), "essential container one ended with 0");
    const environment = 5 + (process.env.APPMESH_TEST_PART ? 1 : 0) + 1; // PWD, which sh adds
    assert.equal(
      group.log("one").replace(/^ +/gm, ""),
      [
        ...["1337", "0", "15000", "16000", "/usr", `it's "here" $HOME`, "of the parameter", "of the secret"],
        ...[String(environment), `nameserver ${cluster.network.host}`, "/root:", "", "/tmp:"],
        "4", // its shell, ps, wc and the header
        ...["hello", group.address, "to /dev/stdout", "no", ""],
      ].join("\n"),
    );
  });

  it("shows an image's programs alone", async () => {
    const missing = "for p in curl node iptables envoy sh; do command -v $p || echo no $p; done";
    const group = run([
      shell("envoy", missing, { image: "envoyproxy/envoy:v1.40.0", essential: false }),
      {
        name: "distroless",
        image: "envoyproxy/envoy:distroless-v1.40.0",
        command: ["--version"],
        essential: false,
      },
      {
        ...{ name: "as-envoy", image: "docker.io/envoyproxy/envoy:v1.40.0", essential: false },
        command: ["sh", "-c", 'id -u; [ -z "$(ls /proc | grep -x 2)" ] && echo alone'],
      },
      shell("distroless-shell", "true", { image: "envoyproxy/envoy:distroless-v1.40.0", essential: false }),
    ]);
    await group.until(allEnded);
    assert.deepEqual(
      ["envoy", "as-envoy", "distroless-shell"].map((name) => group.log(name)),
      [
        "no curl\nno node\nno iptables\n/usr/local/bin/envoy\n/usr/bin/sh\n",
        "101\nalone\n",
        "/.tasks/bin/env: ‘/bin/sh’: No such file or directory\n",
      ],
    );
    assert.match(
      group.log("distroless"),
      /^\n?\/usr\/local\/bin\/envoy +version: [0-9a-f]{40}\/1\.\d+\.\d+\//,
    );
    assert.deepEqual(group.status["distroless-shell"], {
      ...{ state: "STOPPED", health: "UNKNOWN", exitCode: 127, restarts: 0 },
    });
    await group.stop();
  });

  it("lets a container change its network only with NET_ADMIN", async () => {
    const script = "iptables -w -t nat -N MINE && echo done";
    const group = run([
      shell("without", script, { essential: false }),
      shell("with", script, { essential: false, linuxParameters: { capabilities: { add: ["NET_ADMIN"] } } }),
      shell("without-any", "touch /etc/mine && chown 1337 /etc/mine", {
        essential: false,
        linuxParameters: { capabilities: { drop: ["ALL"] } },
      }),
    ]);
    await group.until(allEnded);
    assert.deepEqual(
      ["without", "with", "without-any"].map((name) => group.status[name]?.exitCode),
      [4, 0, 1],
    );
    await group.stop();
  });

  it("redirects by the rules of the ECS agent's plugin, and those are the product's", async () => {
    const ports = Array.from({ length: 15 }, (_, i) => 8080 + i);
    const proxied = run([shell("envoy", forever, { stopTimeout: 1 })], {
      proxyConfiguration: {
        type: "APPMESH",
        containerName: "envoy",
        properties: [
          { name: "IgnoredUID", value: "1337" },
          { name: "IgnoredGID", value: "1338" },
          { name: "ProxyIngressPort", value: "15000" },
          { name: "ProxyEgressPort", value: "15001" },
          // The plugin leaves out what is more than its rule can name.
          { name: "AppPorts", value: [...ports, 9000, 9001].join() },
          { name: "EgressIgnoredPorts", value: "22,3306" },
          { name: "EgressIgnoredIPs", value: "169.254.170.2,10.0.0.0/8" },
        ],
      },
    });
    const steps = redirectSteps({
      ...{ ignoredUid: 1337, ignoredGid: 1338, ingressPort: 15000, egressPort: 15001, appPorts: ports },
      egressIgnoredIps: ["169.254.170.2", "10.0.0.0/8", "169.254.169.254"],
      ...{ egressIgnoredPorts: [22, 3306], ipv6: false },
    });
    const own = cluster.run({
      ...taskGroup(task([shell("envoy", forever, { stopTimeout: 1 })]), { name: `t${tasks++}` }),
      redirection: steps.map(({ program, args }) => [program, ...args]),
    });
    const rules = ({ space }: RunningGroup) =>
      space.run("iptables", "-w", "-t", "nat", "-S").trim().split("\n");
    assert.deepEqual(rules(proxied), [
      ...["-P PREROUTING ACCEPT", "-P INPUT ACCEPT", "-P OUTPUT ACCEPT", "-P POSTROUTING ACCEPT"],
      ...["-N APPMESH_EGRESS", "-N APPMESH_INGRESS"],
      "-A PREROUTING -p tcp -m addrtype ! --src-type LOCAL -j APPMESH_INGRESS",
      "-A OUTPUT -p tcp -m addrtype ! --dst-type LOCAL -j APPMESH_EGRESS",
      "-A APPMESH_EGRESS -m owner --uid-owner 1337 -j RETURN",
      "-A APPMESH_EGRESS -m owner --gid-owner 1338 -j RETURN",
      "-A APPMESH_EGRESS -p tcp -m multiport --dports 22,3306 -j RETURN",
      ...["169.254.170.2/32", "10.0.0.0/8", "169.254.169.254/32"].map(
        (ip) => `-A APPMESH_EGRESS -d ${ip} -p tcp -j RETURN`,
      ),
      "-A APPMESH_EGRESS -p tcp -j REDIRECT --to-ports 15001",
      `-A APPMESH_INGRESS -p tcp -m multiport --dports ${ports.join()} -j REDIRECT --to-ports 15000`,
    ]);
    assert.deepEqual(rules(own), rules(proxied));
    await Promise.all([proxied.stop(), own.stop()]);
  });

  it("starts in order, and stops in the other one", async () => {
    const health = (script: string): Pick<ContainerDefinition, "healthCheck"> => ({
      healthCheck: { command: ["CMD-SHELL", script], interval: 5, timeout: 20, retries: 2, startPeriod: 10 },
    });
    const member = (name: string, more: Partial<ContainerDefinition>) =>
      shell(
        name,
        `echo ${name} starts >> /order/log; ${forever.replace("ending", `${name} ends >> /order/log`)}`,
        {
          mountPoints: [{ sourceVolume: "order", containerPath: "/order" }],
          ...more,
        },
      );
    const group = run(
      [
        member("app", { dependsOn: [{ containerName: "envoy", condition: "HEALTHY" }] }),
        member("envoy", {
          dependsOn: [
            { containerName: "tracer", condition: "START" },
            { containerName: "init", condition: "COMPLETE" },
          ],
          ...health(
            "[ -e /order/ready ] || { touch /order/ready; echo envoy is ready >> /order/log; exit 1; }",
          ),
        }),
        member("tracer", {}),
        shell("init", "sleep 0.05; echo init is done >> /order/log; exit 3", {
          essential: false,
          mountPoints: [{ sourceVolume: "order", containerPath: "/order" }],
        }),
        shell("log", "tail -f /order/log", {
          stopTimeout: 1,
          dependsOn: [{ containerName: "app", condition: "START" }],
          mountPoints: [{ sourceVolume: "order", containerPath: "/order", readOnly: true }],
        }),
      ],
      { volumes: [{ name: "order" }] },
    );
    await group.steady();
    const order = async () =>
      (await group.container("tracer").run(["cat", "/order/log"])).output.trim().split("\n");
    const started = ["tracer starts", "init is done", "envoy starts", "envoy is ready", "app starts"];
    // The tracer and the init container wait for nothing.
    assert.deepEqual((await order()).sort(), [...started].sort());
    assert.deepEqual(
      (await order()).filter((line) => /envoy|app/.test(line)),
      started.slice(2),
    );
    assert.deepEqual(group.status, {
      app: { state: "RUNNING", health: "UNKNOWN", restarts: 0 },
      envoy: { state: "RUNNING", health: "HEALTHY", restarts: 0 },
      tracer: { state: "RUNNING", health: "UNKNOWN", restarts: 0 },
      init: { state: "STOPPED", health: "UNKNOWN", exitCode: 3, restarts: 0 },
      log: { state: "RUNNING", health: "UNKNOWN", restarts: 0 },
    });
    const [app, envoy, tracer, log] = ["app", "envoy", "tracer", "log"].map((name) => group.container(name));
    await group.stop();
    // tail, the first process of its container, has no handler for SIGTERM: it is killed after its stopTimeout.
    assert.deepEqual(
      [log, app, envoy, tracer].map((container) => container?.outcome?.code),
      [137, 0, 0, 0],
    );
    const asked = [log, app, envoy, tracer].map((container) => container?.stopAskedAt ?? 0);
    const ended = [log, app, envoy, tracer].map((container) => container?.outcome?.at ?? 0);
    for (const [index, end] of ended.slice(0, 2).entries()) assert.ok(end <= (asked[index + 1] ?? 0));
    assert.ok((ended[0] ?? 0) - (asked[0] ?? 0) >= 1000);
  });

  it("ends where an essential container does, or one that another waits for", async () => {
    const one = run([shell("envoy", "exit 7"), shell("app", forever, { stopTimeout: 1 })]);
    assert.equal(await one.stopped(), "essential container envoy ended with 7");
    assert.deepEqual(one.status.app?.state === "RUNNING", false);

    const other = run([
      shell("app", forever, { dependsOn: [{ containerName: "init", condition: "SUCCESS" }] }),
      shell("init", "exit 3", { essential: false }),
    ]);
    assert.equal(await other.stopped(), "container app waits for init to be SUCCESS, which ended with 3");
    assert.deepEqual(other.status.app, { state: "PENDING", health: "UNKNOWN", restarts: 0 });

    const late = run([
      shell("app", forever, {
        startTimeout: 1,
        dependsOn: [{ containerName: "envoy", condition: "HEALTHY" }],
      }),
      shell("envoy", forever, {
        stopTimeout: 1,
        healthCheck: { command: ["CMD", "false"], startPeriod: 300 },
      }),
    ]);
    assert.equal(await late.stopped(), "container app: envoy was not HEALTHY in 1000 ms");
  });

  it("knows when a container becomes unhealthy, and healthy again", async () => {
    const group = run([
      shell("one", forever, {
        healthCheck: {
          command: ["CMD-SHELL", "[ ! -e /tmp/ill ] || sleep 10"],
          interval: 5,
          retries: 2,
          timeout: 1,
        },
      }),
    ]);
    await group.until(({ one }) => one?.health === "HEALTHY");
    await group.container("one").run(["touch", "/tmp/ill"]);
    await group.until(({ one }) => one?.health === "UNHEALTHY");
    await group.container("one").run(["rm", "/tmp/ill"]);
    await group.until(({ one }) => one?.health === "HEALTHY");
    await group.stop();
  });

  it("refuses what it cannot run as it is meant", () => {
    const refused = (containers: readonly ContainerDefinition[], more: Partial<TaskDefinition> = {}) => {
      try {
        run(containers, more);
        return "nothing";
      } catch (error) {
        return (error as Error).message;
      }
    };
    const proxy = (...properties: readonly (readonly [string, string])[]) => ({
      proxyConfiguration: {
        containerName: "one",
        properties: properties.map(([name, value]) => ({ name, value })),
      },
    });
    const one = shell("one", "true");
    assert.deepEqual(
      [
        refused([one], { networkMode: "bridge" }),
        refused([{ ...one, image: "shop/unknown:1" }]),
        refused([{ ...one, firelensConfiguration: { type: "fluentbit" } }]).slice(0, 80),
        refused([{ ...one, secrets: [{ name: "A", valueFrom: "arn:aws:ssm:eu-west-1:0:parameter/none" }] }]),
        refused([{ ...one, dependsOn: [{ containerName: "two", condition: "START" }] }]),
        refused([
          { ...one, dependsOn: [{ containerName: "two", condition: "START" }] },
          shell("two", "true", { dependsOn: [{ containerName: "one", condition: "START" }] }),
        ]),
        refused([
          { ...one, dependsOn: [{ containerName: "two", condition: "HEALTHY" }] },
          shell("two", "true"),
        ]),
        refused([
          { ...one, portMappings: [{ containerPort: 8080 }] },
          shell("two", "true", { portMappings: [{ containerPort: 8080 }] }),
        ]),
        refused([one], proxy(["ProxyEgressPort", "15001"])),
        refused([one], proxy(["IgnoredUID", "1337"], ["ProxyEgressPort", "15001"], ["AppPorts", "8080"])),
        refused(
          [one],
          proxy(["IgnoredUID", "1337"], ["ProxyEgressPort", "15001"], ["ProxyIngressPort", "15000"]),
        ),
        refused([one], proxy(["IgnoredUid", "1337"])),
      ],
      [
        "test.networkMode: given bridge, but only in awsvpc a task has a network",
        "container one: this harness has no image shop/unknown:1",
        'one.firelensConfiguration: given {"type":"fluentbit"}, which this harness cannot',
        "ResourceInitializationError: there is no secret arn:aws:ssm:eu-west-1:0:parameter/none",
        `t${tasks - 8}: one depends on two, which is not there`,
        `t${tasks - 7}: one → two → one is a circle`,
        `t${tasks - 6}: one waits for two to be HEALTHY, which has no health check`,
        "two: port 8080 is one's",
        "proxyConfiguration: IgnoredUID or IgnoredGID is missing",
        "proxyConfiguration: ProxyIngressPort is missing",
        "proxyConfiguration: AppPorts is missing, beside ProxyIngressPort",
        `proxyConfiguration.properties: IgnoredUid is none of IgnoredUID, IgnoredGID, AppPorts, ProxyIngressPort, ProxyEgressPort, EgressIgnoredPorts, EgressIgnoredIPs`,
      ],
    );
  });

  it("leaves nothing behind where its process is killed", async () => {
    const program = `
      import { Cluster } from "${new URL("../support/tasks/cluster.js", import.meta.url)}";
      const cluster = await Cluster.start(() => ({}));
      const group = cluster.run({
        name: "left",
        containers: [{ name: "one", image: "", command: ["sleep", "1000000"], essential: true, stopTimeout: 0 }],
      });
      await group.steady();
      console.log(await group.container("one").pid());
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(child.stdout as Readable, "data");
    const prefix = `am-${child.pid?.toString(36)}-`;
    const names = () =>
      `${list("netns", "list")} ${list("-o", "link")} ${readdirSync("/etc/netns")} ${readdirSync(tmpdir())}`;
    assert.ok(alive(Number(line)));
    assert.ok(names().includes(prefix));
    child.kill("SIGKILL");
    await until(() => !alive(Number(line)));
    new Network().close();
    assert.ok(!names().includes(prefix));
  });
});

const list = (...args: readonly string[]) => execFileSync("ip", args, { encoding: "utf8" });
