import assert from "node:assert/strict";
import { type ObjectValue, UNKNOWN } from "../../server/values.js";
import { checkComponent } from "../check.js";
import { meshTaskDefinition } from "./mesh-task-definition-args.js";

const app: ObjectValue = { name: "app", image: "shop/app:1", portMappings: [{ containerPort: 8080 }] };
const told = (more: ObjectValue, name = "catalog") =>
  checkComponent(
    meshTaskDefinition,
    {
      meshName: "shop",
      virtualNode: "catalog",
      controlPlane: { host: "appmesh.internal" },
      containerDefinitions: [app],
      ...more,
    },
    name,
  ).map(({ property, reason }) => `${property}: ${reason}`);

const mounts = (sourceVolume: string): ObjectValue => ({
  ...app,
  mountPoints: [{ sourceVolume, containerPath: "/data" }],
});
const efs = (more: ObjectValue = {}): ObjectValue => ({
  name: "data",
  efsVolumeConfiguration: { fileSystemId: "fs-1", ...more },
});
const ports = Array.from({ length: 15 }, (_, port) => 7000 + port);

describe("what is refused of a MeshTaskDefinition", () => {
  it("is nothing of what is right", () => {
    const secured = { transitEncryption: "ENABLED", rootDirectory: "/" };
    const volumes = [
      efs({ ...secured, authorizationConfig: { accessPointId: "fsap-1", iam: "ENABLED" } }),
      { name: "scratch" },
    ];
    assert.deepEqual(
      told({
        volumes,
        containerDefinitions: [mounts("data"), { ...mounts("scratch"), name: "other", portMappings: [] }],
      }),
      [],
    );
    assert.deepEqual(told({ volumes: UNKNOWN, containerDefinitions: [mounts("data")] }), []);
    assert.deepEqual(told({ volumes: [{ name: UNKNOWN }], containerDefinitions: [mounts("data")] }), []);
    const open = efs({ transitEncryption: UNKNOWN, authorizationConfig: { iam: "ENABLED" } });
    assert.deepEqual(told({ volumes: [open] }), []);
    assert.deepEqual(told({ volumes: [efs()], interception: { egressIgnoredPorts: UNKNOWN } }), []);
    assert.deepEqual(
      told({ volumes: [efs()], interception: { egressIgnoredPorts: [2049, ...ports.slice(1)] } }),
      [],
    );
    assert.deepEqual(told({ family: "shop-catalog" }, "shop/catalog"), []);
  });

  it("is a mount of a volume that is not there", () => {
    const container = { mountPoints: [{ sourceVolume: "certificates", containerPath: "/certificates" }] };
    assert.deepEqual(told({ containerDefinitions: [mounts("data")], envoy: { container } }), [
      'containerDefinitions[0].mountPoints[0].sourceVolume: "data" was given, which is none of the volumes; there are none. Name ' +
        "one of them, or add it to volumes.",
      'envoy.container.mountPoints[0].sourceVolume: "certificates" was given, which is none of the volumes; there are none. Name ' +
        "one of them, or add it to volumes.",
    ]);
  });

  it("is a volume that is another's, two in one, or that Fargate has not", () => {
    assert.deepEqual(
      told({
        volumes: [
          { name: "data", hostPath: "/data" },
          { ...efs(), dockerVolumeConfiguration: { scope: "task" } },
        ],
      }),
      [
        'volumes[0].hostPath: it was given; only tasks on instances have it. Leave it out for a folder of the task\'s own, or let requiresCompatibilities be ["EC2"].',
        'volumes[1].name: "data" was given, the name of volumes[0]; a name that no other volume has is allowed.',
        "volumes[1].efsVolumeConfiguration: it was given beside dockerVolumeConfiguration; a volume is one of them. Leave one of both out.",
        'volumes[1].dockerVolumeConfiguration: it was given; only tasks on instances have it. Leave it out for a folder of the task\'s own, or let requiresCompatibilities be ["EC2"].',
      ],
    );
    const windows = {
      fileSystemId: "fs-1",
      rootDirectory: "/",
      authorizationConfig: { credentialsParameter: "arn", domain: "d" },
    };
    assert.deepEqual(
      told({ volumes: [{ name: "data", fsxWindowsFileServerVolumeConfiguration: windows }] }),
      [
        "volumes[0].fsxWindowsFileServerVolumeConfiguration: it was given; only tasks on Windows have it, and Envoy runs on Linux. Leave it out.",
      ],
    );
  });

  it("is a way to a file system that Amazon EFS has not", () => {
    assert.deepEqual(
      told({
        volumes: [
          efs({ rootDirectory: "/shop", authorizationConfig: { accessPointId: "fsap-1" } }),
          {
            ...efs({ transitEncryption: "DISABLED", authorizationConfig: { iam: "ENABLED" } }),
            name: "more",
          },
        ],
      }),
      [
        'volumes[0].efsVolumeConfiguration.transitEncryption: nothing was given; "ENABLED" is required beside an accessPointId.',
        'volumes[0].efsVolumeConfiguration.rootDirectory: "/shop" was given; "/" is allowed beside an accessPointId, which has a folder of its own. Leave it out.',
        'volumes[1].efsVolumeConfiguration.transitEncryption: "DISABLED" was given; "ENABLED" is required beside iam.',
      ],
    );
  });

  it("is more than ECS lets past Envoy, with what file systems need", () => {
    assert.deepEqual(told({ volumes: [efs()], interception: { egressIgnoredPorts: ports } }), [
      "interception.egressIgnoredPorts: 16 ports were given; ECS takes up to 15. Give what is called on the others in egressIgnoredIps.",
    ]);
  });

  it("is the name of a component that no family can have", () => {
    assert.deepEqual(told({}, "shop/catalog"), [
      'family: nothing was given, and "shop/catalog", the name of the component, cannot be that of a family, which is 1 to 255 ' +
        "letters, digits, hyphens and underscores. Give it.",
    ]);
  });
});
