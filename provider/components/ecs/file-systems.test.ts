import assert from "node:assert/strict";
import { withFileSystems } from "./file-systems.js";
import type { MeshOptions } from "./mesh-options.js";

const options: MeshOptions = {
  meshName: "shop",
  virtualNode: "catalog",
  controlPlane: { host: "appmesh.internal" },
};
const efs = { name: "data", efsVolumeConfiguration: { fileSystemId: "fs-1" } };
const s3 = { name: "data", s3filesVolumeConfiguration: { fileSystemArn: "arn:aws:s3files:…" } };

describe("file systems that are reached by the network of a task", () => {
  it("are mounted past Envoy, which is not there yet", () => {
    for (const volume of [efs, s3]) {
      assert.deepEqual(withFileSystems(options, [{ name: "scratch" }, volume]), {
        ...options,
        interception: { egressIgnoredPorts: [2049] },
      });
    }
    const interception = { mode: "initContainer", image: "iptables:1", egressIgnoredPorts: [3306] } as const;
    assert.deepEqual(withFileSystems({ ...options, interception }, [efs]), {
      ...options,
      interception: { ...interception, egressIgnoredPorts: [3306, 2049] },
    });
  });

  it("ask for nothing where nothing is redirected, or where that is so already", () => {
    const { virtualNode: _, ...rest } = options;
    for (const given of [
      { ...rest, virtualGateway: "in" },
      { ...options, interception: { mode: "explicit" } as const },
      { ...options, interception: { egressIgnoredPorts: [2049] } },
    ]) {
      assert.equal(withFileSystems(given, [efs]), given);
    }
    assert.equal(withFileSystems(options, [{ name: "scratch" }]), options);
    assert.equal(withFileSystems(options), options);
  });
});
