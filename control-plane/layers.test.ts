import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

// The sources, beside dist: what is imported for its types alone is gone from the compiled files.
const root = fileURLToPath(new URL("..", import.meta.url));
const layers = ["api", "mesh", "store", "translate", "xds"] as const;

/** What a layer may import of the others: a whole layer, or files of it. */
const allowed: Readonly<Record<(typeof layers)[number], readonly string[]>> = {
  api: ["mesh/"],
  mesh: ["store/", "translate/entities.js", "xds/source.js"],
  store: [],
  translate: [],
  xds: ["translate/"],
};

describe("the layers of the control plane", () => {
  for (const layer of layers) {
    it(`${layer} imports only what is below it`, () => {
      const files = globSync(`${layer}/**/*.ts`, { cwd: root }).filter((file) => !/\.test\.ts$/.test(file));
      assert.ok(files.length > 0);
      const upward = files.flatMap((file) =>
        importsOf(file)
          .filter((imported) => layers.some((other) => other !== layer && imported.startsWith(`${other}/`)))
          .filter((imported) => !allowed[layer].some((below) => imported.startsWith(below)))
          .map((imported) => `${file} imports ${imported}`),
      );
      assert.deepEqual(upward, []);
    });
  }

  it("translate knows neither of gRPC nor of HTTP", () => {
    const found = globSync("translate/**/*.ts", { cwd: root })
      .filter((file) => !/\.test\.ts$/.test(file))
      .flatMap((file) => importsOf(file).map((imported) => `${file} imports ${imported}`))
      .filter((line) => /imports (@grpc\/|fastify|(node:)?(http2?|https)$)/.test(line));
    assert.deepEqual(found, []);
  });
});

/** Everything that a file imports, types too: a package by its name, a file by its path below the root. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)].map(([, name = ""]) =>
    name.startsWith(".") ? normalize(join(dirname(file), name)) : name,
  );
}
