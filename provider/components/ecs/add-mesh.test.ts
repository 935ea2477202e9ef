import assert from "node:assert/strict";
import { addMesh, MeshTaskError } from "./add-mesh.js";
import { ContainerDefinition } from "./container-definition.js";
import type { MeshOptions } from "./mesh-options.js";

const members = Object.keys(ContainerDefinition.members);
const app: ContainerDefinition = {
  name: "app",
  image: "shop/app:1",
  portMappings: [{ containerPort: 8080 }],
};
const node: MeshOptions = {
  meshName: "shop",
  virtualNode: "catalog",
  controlPlane: { host: "appmesh.internal" },
};

const size = (options: Partial<MeshOptions>, containers: readonly ContainerDefinition[] = [app]) => {
  const { cpu, memory } = addMesh(containers, { ...node, ...options });
  return { cpu, memory };
};
const refusal = (options: object, containers: unknown = [app]): string => {
  try {
    addMesh(containers as never, { ...node, ...options } as never);
  } catch (error) {
    assert.ok(error instanceof MeshTaskError, String(error));
    const [first, ...told] = error.message.split("\n");
    assert.equal(first, "no task of the mesh can be made of this:");
    return told.map((line) => line.trim()).join("\n");
  }
  return assert.fail("it was not refused");
};

describe("addMesh", () => {
  it("adds what the mesh reserves to the size of a task, and takes the next that Fargate offers", () => {
    // Envoy has 128 CPU units and 128 MiB, its drain 16 MiB, a tracer 32 CPU units and 128 MiB.
    assert.deepEqual(size({}), { cpu: "256", memory: "512" });
    assert.deepEqual(size({ cpu: 128, memory: 368 }), { cpu: "256", memory: "512" });
    assert.deepEqual(size({ cpu: 129, memory: 368 }), { cpu: "512", memory: "1024" });
    assert.deepEqual(size({ cpu: 128, memory: 369 }), { cpu: "256", memory: "1024" });
    assert.deepEqual(size({ cpu: 256, memory: 512, tracing: {} }), { cpu: "512", memory: "1024" });
    assert.deepEqual(size({ cpu: 256, memory: 512, tracing: { host: "10.0.0.9" } }), {
      cpu: "512",
      memory: "1024",
    });
    const large = { ...app, cpu: 900, memory: 3000 };
    assert.deepEqual(size({}, [large]), { cpu: "2048", memory: "4096" });
    assert.deepEqual(size({ cpu: 256, memory: 512 }, [large]), { cpu: "2048", memory: "4096" });
    // It reserves little and may have much: so much the task must have, but no more.
    const elastic = { ...app, memory: 4000, memoryReservation: 10 };
    assert.deepEqual(size({ cpu: 100, memory: 300 }, [elastic]), { cpu: "512", memory: "4096" });
    assert.deepEqual(size({ cpu: 512, memory: 4096 }, [elastic]), { cpu: "1024", memory: "5120" });
  });

  it("leaves a task on instances without a size where it has none, and adds to it where it has one", () => {
    const onInstances = { requiresCompatibilities: ["EC2"] } as const;
    assert.deepEqual(size(onInstances, [{ ...app, memoryReservation: 64 }]), {
      cpu: undefined,
      memory: undefined,
    });
    assert.deepEqual(size({ ...onInstances, cpu: 300, memory: 700 }), { cpu: "428", memory: "844" });
  });

  it("takes an exact size as it is, if all containers find room in it", () => {
    const exact = { sizing: "exact" } as const;
    assert.deepEqual(size({ ...exact, cpu: 256, memory: 512 }), { cpu: "256", memory: "512" });
    assert.deepEqual(refusal({ ...exact, cpu: 256, memory: 512 }, [{ ...app, cpu: 200 }]).split("\n"), [
      "cpu: 256 was given; the containers of the task, with those of the mesh, need 328 CPU units. Give more, or let sizing be roundUp.",
    ]);
    assert.equal(
      refusal({ ...exact, cpu: 256, memory: 512 }, [{ ...app, memoryReservation: 369 }]),
      "memory: 512 was given; the containers of the task, with those of the mesh, need 513 MiB. Give more, or let sizing be roundUp.",
    );
    assert.equal(
      refusal({ ...exact, cpu: 300, memory: 512 }),
      "cpu: 300 was given; Fargate offers 256, 512, 1024, 2048, 4096, 8192, 16384. The next is 512 CPU units with 1024 MiB.",
    );
    assert.equal(
      refusal({ ...exact, cpu: 8192, memory: 17000 }),
      "memory: 17000 was given; with 8192 CPU units Fargate offers 16384 to 61440 MiB in steps of 4096. The next is 8192 CPU units with 20480 MiB.",
    );
    assert.equal(
      refusal({ ...exact, cpu: 16384 }),
      "memory: nothing was given; it is required on Fargate where sizing is exact. Give it, or let sizing be roundUp.",
    );
  });

  it("refuses a task that is too large for Fargate, or for ECS", () => {
    assert.equal(
      refusal({ cpu: 16384, memory: 32768 }),
      "cpu: with the containers of the mesh, the task needs 16512 CPU units and 32912 MiB; Fargate offers up to 16384 CPU units and 122880 MiB. Give less, or run it on EC2.",
    );
    const text = "x".repeat(65_536);
    assert.match(
      refusal({}, [{ ...app, environment: [{ name: "X", value: text }] }]),
      /^containerDefinitions: with the containers of the mesh they are \d+ bytes; ECS takes up to 65536\. Move long values to environmentFiles or secrets\.$/,
    );
  });

  it("refuses what is not of the right shape, with its place and what may be meant", () => {
    assert.deepEqual(
      refusal({ drainSeconds: 111, tracing: { sampling: 1 }, controlPlane: {} }, [
        { ...app, enviroment: [], portMappings: [{ containerPort: 0, protocol: "sctp" }] },
      ]).split("\n"),
      [
        "containerDefinitions[0].portMappings[0].containerPort: 0 was given; an integer from 1 to 65535 is allowed.",
        'containerDefinitions[0].portMappings[0].protocol: "sctp" was given; "tcp" or "udp" is allowed.',
        `containerDefinitions[0].enviroment: "enviroment" is not a member of ContainerDefinition; ${members.slice(0, -1).join(", ")} and ${members.at(-1)} are allowed. Did you mean environment?`,
        "controlPlane.host: nothing was given; a string of 1 to 253 characters that is a host name or an address, without scheme and port is required.",
        'tracing.sampling: "sampling" is not a member of TaskTracing; tracer, samplingRate, segmentName, host, port, image, config, configFrom and container are allowed.',
        "drainSeconds: 111 was given; an integer from 0 to 110 is allowed.",
      ],
    );
    assert.equal(
      refusal({
        interception: { egressIgnoredPorts: Array.from({ length: 16 }, (_, index) => 3000 + index) },
      }),
      "interception.egressIgnoredPorts: 16 ports were given; ECS takes up to 15. Give what is called on the others in egressIgnoredIps.",
    );
  });

  it("redirects what goes out of a task to which nothing comes in, with all that ECS asks for", () => {
    const caller = { name: "worker", image: "shop/worker:1" };
    const { proxyConfiguration } = addMesh([caller], { ...node, listenerPorts: [] });
    assert.deepEqual(addMesh([caller], node).proxyConfiguration, proxyConfiguration);
    assert.deepEqual(proxyConfiguration, {
      type: "APPMESH",
      containerName: "envoy",
      properties: [
        { name: "IgnoredUID", value: "1337" },
        { name: "ProxyIngressPort", value: "15000" },
        { name: "ProxyEgressPort", value: "15001" },
        { name: "AppPorts", value: "15000" },
        { name: "EgressIgnoredIPs", value: "169.254.170.2,169.254.169.254" },
      ],
    });
  });

  it("calls credentials and metadata past Envoy, whatever else is", () => {
    const interception = { egressIgnoredIps: ["10.0.0.0/8", "169.254.169.254"] };
    const { properties = [] } = addMesh([app], { ...node, interception }).proxyConfiguration ?? {};
    assert.deepEqual(
      properties.filter(({ name }) => name === "EgressIgnoredIPs"),
      [{ name: "EgressIgnoredIPs", value: "169.254.170.2,169.254.169.254,10.0.0.0/8" }],
    );
  });

  it("takes the control plane's host by its name or address alone", () => {
    const at = (host: string) => ({ ...node, controlPlane: { host } });
    for (const host of [
      "appmesh",
      "appmesh.shop.internal.",
      "10.0.3.7",
      "fd00:ec2::7",
      "::1",
      "a_b.internal",
    ])
      assert.equal(addMesh([app], at(host)).containerDefinitions.length, 3);
    for (const host of [
      "https://appmesh.internal",
      "appmesh.internal:18000",
      "appmesh.internal/",
      "-a",
      "a b",
    ]) {
      assert.equal(
        refusal(at(host)),
        `controlPlane.host: ${JSON.stringify(host)} was given; a string of 1 to 253 characters that is a host name or an address, without scheme and port is allowed.`,
      );
    }
  });

  it("puts more settings where its user wants them", () => {
    const { containerDefinitions } = addMesh([app], {
      ...node,
      envoy: {
        name: "proxy",
        image: "mirror.example/envoy@sha256:00",
        container: {
          ulimits: [{ name: "nofile", softLimit: 9000, hardLimit: 9000 }],
          stopTimeout: 60,
          dockerLabels: { team: "shop" },
          dependsOn: [{ containerName: "app", condition: "START" }],
        },
      },
      independentContainers: ["app"],
      drainSeconds: 0,
    });
    const [given, proxy] = containerDefinitions;
    assert.deepEqual(given, app);
    const { ulimits, stopTimeout, dockerLabels, dependsOn, image, name } = proxy ?? {};
    assert.deepEqual(
      { ulimits, stopTimeout, dockerLabels, dependsOn, image, name },
      {
        ulimits: [{ name: "nofile", softLimit: 9000, hardLimit: 9000 }],
        stopTimeout: 60,
        dockerLabels: { team: "shop" },
        dependsOn: [{ containerName: "app", condition: "START" }],
        image: "mirror.example/envoy@sha256:00",
        name: "proxy",
      },
    );
    assert.deepEqual(containerDefinitions.length, 2);
  });
});
