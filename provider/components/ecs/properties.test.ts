import assert from "node:assert/strict";
import { formatViolation, validate } from "@pulumi-appmesh/model";
import { arbitrary } from "@pulumi-appmesh/model/testing";
import fc from "fast-check";
import { addMesh, type MeshedTask, MeshTaskError } from "./add-mesh.js";
import { type ContainerDefinition, ContainerDefinitions } from "./container-definition.js";
import { isFargateSize } from "./fargate-size.js";
import { MeshOptions } from "./mesh-options.js";

const names = ["app", "worker", "cache", "logs"] as const;

/** Containers that fit together: names and ports of their own, waiting for none but those before them. */
const containers = fc
  .array(
    fc.record({
      ports: fc.integer({ min: 0, max: 3 }),
      essential: fc.option(fc.boolean(), { nil: undefined }),
      cpu: fc.option(fc.integer({ min: 0, max: 3000 }), { nil: undefined }),
      memory: fc.option(fc.integer({ min: 6, max: 9000 }), { nil: undefined }),
      waits: fc.boolean(),
      router: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((drawn) =>
    drawn.map(
      ({ ports, essential, cpu, memory, waits, router }, index): ContainerDefinition => ({
        name: names[index] as string,
        image: "shop/app:1",
        portMappings: Array.from({ length: ports }, (_, port) => ({
          containerPort: 8000 + 10 * index + port,
        })),
        ...(essential !== undefined && { essential }),
        ...(cpu !== undefined && { cpu }),
        ...(memory !== undefined && { memory }),
        ...(waits && index > 0 && { dependsOn: [{ containerName: names[0], condition: "START" }] }),
        ...(router
          ? { firelensConfiguration: { type: "fluentbit" } }
          : drawn.some((other) => other.router) && { logConfiguration: { logDriver: "awsfirelens" } }),
      }),
    ),
  );

const logged = { "awslogs-group": "/shop", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "shop" };

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const options = fc
  .record({
    identity: fc.constantFrom(
      {},
      { tokenFrom: "t" },
      { certificateFrom: "c", privateKeyFrom: "k" },
      { plaintext: true },
    ),
    gateway: fc.boolean(),
    mode: maybe(fc.constantFrom("proxyConfiguration", "initContainer", "explicit")),
    variant: maybe(fc.constantFrom("envoy", "appMesh")),
    tracing: maybe(
      fc.constantFrom({}, { tracer: "xray" }, { host: "10.0.0.9" }, { config: "receivers: {}" }),
    ),
    drainSeconds: maybe(fc.integer({ min: 0, max: 110 })),
    size: maybe(
      fc.record({ cpu: fc.integer({ min: 1, max: 20000 }), memory: fc.integer({ min: 1, max: 130000 }) }),
    ),
    sizing: maybe(fc.constantFrom("roundUp", "exact")),
    platform: maybe(fc.constantFrom(["FARGATE"], ["EC2"], ["FARGATE", "EC2"])),
    log: fc.boolean(),
    listed: fc.boolean(),
  })
  .map(({ identity, gateway, mode, variant, tracing, drainSeconds, size, sizing, platform, log, listed }) => {
    const explicit = mode === "explicit";
    return {
      meshName: "shop",
      ...(gateway ? { virtualGateway: "in", listenerPorts: [7443] } : { virtualNode: "shop/app" }),
      ...((explicit || listed) && !gateway && { listenerPorts: [7080] }),
      controlPlane: { host: "appmesh.internal", ...identity },
      ...(mode !== undefined &&
        !gateway && {
          interception: {
            mode,
            ...(explicit && { appPorts: { 7080: 9080 } }),
            ...(mode === "initContainer" && { image: "iptables:1" }),
          },
        }),
      ...(variant !== undefined && { envoy: { variant } }),
      ...(tracing !== undefined && { tracing }),
      ...(drainSeconds !== undefined && { drainSeconds }),
      ...size,
      ...(sizing !== undefined && { sizing }),
      ...(platform !== undefined && { requiresCompatibilities: platform }),
      ...(log && { logConfiguration: { logDriver: "awslogs", options: logged } }),
    } as MeshOptions;
  });

/** A task that is refused is refused for a reason; anything else is a mistake of ours. */
function tried(given: readonly ContainerDefinition[], options: MeshOptions): MeshedTask | undefined {
  try {
    return addMesh(given, options);
  } catch (error) {
    assert.ok(error instanceof MeshTaskError, String(error));
    assert.ok(error.violations.length > 0);
    return undefined;
  }
}

describe("whatever containers and options are given to addMesh", () => {
  it("makes a task that ECS takes and that starts, or says why not", () => {
    let made = 0;
    fc.assert(
      fc.property(containers, options, (given, options) => {
        const task = tried(given, options);
        if (task === undefined) return;
        made++;
        const { containerDefinitions: all, proxyConfiguration, cpu, memory } = task;
        assert.deepEqual(validate(ContainerDefinitions, all).map(formatViolation), []);
        const byName = new Map(all.map((container) => [container.name, container]));
        assert.equal(byName.size, all.length);
        assert.deepEqual(
          all.slice(0, given.length).map(({ name }) => name),
          given.map(({ name }) => name),
        );
        assert.ok(byName.get("envoy")?.essential);
        const started = order(all);
        assert.equal(started.length, all.length, "something waits for ever");
        for (const { name, firelensConfiguration, dependsOn = [] } of given.map(
          (own) => byName.get(own.name) ?? {},
        )) {
          const waits = dependsOn.some(({ containerName }) => containerName === "envoy");
          assert.equal(waits, firelensConfiguration === undefined, name);
        }
        if (proxyConfiguration !== undefined) {
          assert.equal(byName.get(proxyConfiguration.containerName)?.user, "1337");
        }
        if (task.requiresCompatibilities.includes("FARGATE")) {
          assert.ok(isFargateSize({ cpu: Number(cpu), memory: Number(memory) }));
        }
        const sum = (of: (each: ContainerDefinition) => number | undefined) =>
          all.reduce((total, each) => total + (of(each) ?? 0), 0);
        assert.ok(cpu === undefined || sum((each) => each.cpu) <= Number(cpu));
        assert.ok(
          memory === undefined || sum((each) => each.memoryReservation ?? each.memory) <= Number(memory),
        );
        for (const each of all) {
          assert.ok(cpu === undefined || (each.cpu ?? 0) <= Number(cpu));
          assert.ok(memory === undefined || (each.memory ?? 0) <= Number(memory));
        }
        if (options.logConfiguration) assert.ok(all.every(({ logConfiguration }) => logConfiguration));
      }),
      { numRuns: 1_000 },
    );
    assert.ok(made > 150, `only ${made} of 1,000 tasks could be made`);
  });

  it("never fails but for a reason, even for what makes no sense", () => {
    const node = { meshName: "shop", virtualNode: "app", controlPlane: { host: "appmesh.internal" } };
    fc.assert(
      fc.property(arbitrary(ContainerDefinitions), arbitrary(MeshOptions), (given, options) => {
        tried(given, options);
        tried(given, node);
      }),
      { numRuns: 100 },
    );
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (given, options) => {
        tried(given as never, options as never);
        tried(given as never, node);
      }),
      { numRuns: 500 },
    );
  });
});

/** Names in an order in which the containers may start: those that wait for one that never does are left out. */
function order(all: readonly ContainerDefinition[]): readonly string[] {
  const started: string[] = [];
  for (let before = -1; before !== started.length; ) {
    before = started.length;
    for (const { name = "", dependsOn = [] } of all) {
      if (started.includes(name)) continue;
      if (dependsOn.every(({ containerName }) => started.includes(containerName))) started.push(name);
    }
  }
  return started;
}
