import assert from "node:assert/strict";
import fc from "fast-check";
import { fargateMemory, fargateSizeFor, fargateSizes, isFargateSize } from "./fargate-size.js";

describe("the sizes of tasks on Fargate", () => {
  it("are those of the developer guide, the smallest first", () => {
    const memory = Map.groupBy(fargateSizes, ({ cpu }) => cpu);
    assert.deepEqual(
      [...memory].map(([cpu, sizes]) => [cpu, sizes.length, sizes[0]?.memory, sizes.at(-1)?.memory]),
      [
        [256, 3, 512, 2048],
        [512, 4, 1024, 4096],
        [1024, 7, 2048, 8192],
        [2048, 13, 4096, 16384],
        [4096, 23, 8192, 30720],
        [8192, 12, 16384, 61440],
        [16384, 12, 32768, 122880],
      ],
    );
    assert.equal(fargateMemory(256), "512, 1024 or 2048 MiB");
    assert.equal(fargateMemory(8192), "16384 to 61440 MiB in steps of 4096");
    assert.equal(fargateMemory(300), undefined);
  });

  it("are the smallest that have room, or none", () => {
    assert.deepEqual(fargateSizeFor({ cpu: 1, memory: 1 }), { cpu: 256, memory: 512 });
    assert.deepEqual(fargateSizeFor({ cpu: 257, memory: 1 }), { cpu: 512, memory: 1024 });
    assert.deepEqual(fargateSizeFor({ cpu: 256, memory: 2049 }), { cpu: 512, memory: 3072 });
    assert.deepEqual(fargateSizeFor({ cpu: 16384, memory: 122880 }), { cpu: 16384, memory: 122880 });
    assert.equal(fargateSizeFor({ cpu: 16385, memory: 1 }), undefined);
    assert.equal(fargateSizeFor({ cpu: 1, memory: 122881 }), undefined);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 16384 }), fc.integer({ min: 1, max: 122880 }), (cpu, memory) => {
        const size = fargateSizeFor({ cpu, memory });
        assert.ok(size && isFargateSize(size) && size.cpu >= cpu && size.memory >= memory);
        const smaller = fargateSizes.filter((each) => each.cpu <= size.cpu && each.memory <= size.memory);
        assert.deepEqual(
          smaller.filter((each) => each.cpu >= cpu && each.memory >= memory),
          [size],
        );
      }),
    );
  });
});
