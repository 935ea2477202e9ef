import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * What each room may use: data goes down from the API to the proxies, and nothing below knows anything above it. A
 * room may always use itself and the model. A file that is listed stands for an interface: only its types are used.
 */
const rooms: Readonly<Record<string, { uses: readonly string[]; packages: readonly string[] }>> = {
  store: {
    uses: [],
    packages: ["@aws-sdk/client-dynamodb", "node:*"],
  },
  translate: { uses: ["gen"], packages: ["@bufbuild/protobuf", "node:net", "re2js"] },
  // Where the xDS server finds meshes; rooms beside the mesh say by it what they know beyond.
  source: { uses: ["translate/entities.ts"], packages: [] },
  xds: {
    uses: ["translate", "gen", "source/mesh-source.ts"],
    packages: ["@bufbuild/protobuf", "pino", "node:*"],
  },
  identity: {
    uses: ["store"],
    packages: ["@peculiar/x509", "jose", "node:*", "reflect-metadata"],
  },
  metrics: { uses: ["store/store.ts"], packages: ["prom-client"] },
  certificates: {
    uses: ["translate", "source"],
    packages: [
      "@aws-crypto/sha256-js",
      "@aws-sdk/client-acm",
      "@smithy/protocol-http",
      "@smithy/signature-v4",
      "node:crypto",
      "node:util",
    ],
  },
  // Where keys of authorities are that the store does not have.
  authorities: {
    uses: ["identity", "certificates"],
    packages: ["@aws-sdk/client-kms", "@aws-sdk/client-secrets-manager", "node:*"],
  },
  discovery: {
    uses: ["translate", "source"],
    packages: ["@aws-sdk/client-servicediscovery", "node:util"],
  },
  // The mesh implements what those below ask of it, by their own types.
  mesh: {
    uses: ["store", "translate/entities.ts", "source/mesh-source.ts"],
    packages: ["node:crypto"],
  },
  // It looks at the mesh as its clients wrote it, and at what proxies are told of it.
  diagnostics: { uses: ["mesh", "translate", "source/mesh-source.ts"], packages: ["node:timers"] },
  // What a backup holds is for the mesh to judge.
  backup: { uses: ["mesh", "store"], packages: [] },
  api: {
    uses: ["mesh", "identity"],
    packages: [
      "@aws-crypto/sha256-js",
      "@smithy/protocol-http",
      "@smithy/signature-v4",
      "fastify",
      "microdiff",
      "node:crypto",
      "node:fs",
      "node:http",
      "node:stream",
      "node:tls",
    ],
  },
};

interface Import {
  readonly file: string;
  readonly names: string;
  readonly from: string;
}

describe("The rooms of the control plane", () => {
  for (const [room, { uses, packages }] of Object.entries(rooms)) {
    it(`${room} uses ${uses.length === 0 ? "no other room" : uses.join(", ")}`, () => {
      const imports = importsOf(room);
      assert.ok(imports.length > 0);
      const wrong = imports.filter(({ file, names, from }) => {
        if (!from.startsWith(".")) {
          return !["@pulumi-appmesh/model", ...packages].some((allowed) =>
            allowed.endsWith("*")
              ? from.startsWith(allowed.slice(0, -1))
              : from === allowed || from.startsWith(`${allowed}/`),
          );
        }
        const target = relative(root, join(root, dirname(file), from))
          .split(sep)
          .join("/")
          .replace(/\.js$/, ".ts");
        const allowed = [room, ...uses].find((use) => target === use || target.startsWith(`${use}/`));
        if (allowed === undefined) return true;
        // A single file of another room stands for an interface: it must not bring that room's code along.
        return allowed.endsWith(".ts") && !/^import type\b/.test(names);
      });
      assert.deepEqual(
        wrong.map(({ file, from }) => `${file} imports ${from}`),
        [],
      );
    });
  }

  it("are all that the control plane puts together, but for the sidecar's", () => {
    const folders = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    const others = ["bin", "bootstrap", "cli", "dist", "envoy", "gen", "interception", "node_modules"];
    assert.deepEqual(
      folders.filter((name) => !(name in rooms) && !others.includes(name)),
      [],
    );
  });
});

function importsOf(room: string): Import[] {
  const files = readdirSync(join(root, room), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".ts") && !/\.(test|suite)\./.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(root, room, file), "utf8");
      const found = [
        ...text.matchAll(/^((?:import|export)\b[^;"]*?from\s*)"([^"]+)"/gm),
        ...text.matchAll(/^(import\s*)"([^"]+)"/gm),
        ...text.matchAll(/(\bimport\()"([^"]+)"\)/g),
      ];
      return found.map(([, names = "", from = ""]) => ({ file: `${room}/${file}`, names, from }));
    });
}
