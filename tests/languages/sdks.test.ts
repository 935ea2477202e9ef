// The generated SDKs beside the schema that they are generated from: what publishing needs to know, and that no
// resource or property of the schema is missing in the one that no toolchain here compiles.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");
const schema = JSON.parse(read("provider/schema.json"));
const { version, license, pluginDownloadURL } = schema;
const found = (path: string, pattern: RegExp) => pattern.exec(read(path))?.[1];

describe("the SDKs", () => {
  it("have the version, the licence and the description of the schema", () => {
    const { description } = schema;
    const nodejs = JSON.parse(read("sdk/nodejs/package.json"));
    assert.deepEqual([nodejs.version, nodejs.license], [version, license]);
    const python = "sdk/python/pyproject.toml";
    assert.deepEqual(
      [/^ {2}version = "(.*)"$/m, /^ {4}text = "(.*)"$/m, /^ {2}description = "(.*)"$/m].map((each) =>
        found(python, each),
      ),
      [version, license, description],
    );
    // A Go module's version is its tag.
    assert.ok(existsSync(join(root, "sdk/go/LICENSE")));
    const java = "sdk/java/pom.xml";
    assert.deepEqual(
      [/<version>(.*)<\/version>/, /<license>\s*<name>(.*)<\/name>/, /<description>(.*)<\/description>/].map(
        (each) => found(java, each),
      ),
      [version, license, description],
    );
    const dotnet = "sdk/dotnet/PulumiAppMesh.AppMesh.csproj";
    assert.deepEqual(
      [
        /<Version>(.*)<\/Version>/,
        /<PackageLicenseExpression>(.*)<\/PackageLicenseExpression>/,
        /<Description>(.*)<\/Description>/,
      ].map((each) => found(dotnet, each)),
      [version, license, description],
    );
  });

  it("tell the engine which plugin they need", () => {
    const plugin = { resource: true, name: "appmesh", version, server: pluginDownloadURL };
    assert.deepEqual(JSON.parse(read("sdk/nodejs/package.json")).pulumi, plugin);
    for (const path of [
      "sdk/python/pulumi_appmesh/pulumi-plugin.json",
      "sdk/go/appmesh/pulumi-plugin.json",
      "sdk/java/src/main/resources/io/pulumiappmesh/appmesh/plugin.json",
      "sdk/dotnet/pulumi-plugin.json",
    ]) {
      assert.deepEqual(JSON.parse(read(path)), plugin, path);
    }
    assert.equal(read("sdk/java/src/main/resources/io/pulumiappmesh/appmesh/version.txt").trim(), version);
    assert.equal(read("sdk/dotnet/version.txt").trim(), version);
  });

  it("name no registry, and no machine that a build would ask", () => {
    for (const path of readdirSync(join(root, "sdk"), { recursive: true, encoding: "utf8" })) {
      if (!/\.(json|toml|xml|csproj|mod|gradle)$/.test(path) || /(^|\/)(bin|node_modules)\//.test(path))
        continue;
      const hosts = [...read(join("sdk", path)).matchAll(/https?:\/\/([\w.-]+)/g)].map(([, host]) => host);
      // The name of Maven's XML dialect, which nobody asks.
      assert.deepEqual(
        hosts.filter((host) => host !== "maven.apache.org"),
        [],
        path,
      );
    }
  });
});

describe("the SDK of .NET, not compiled", () => {
  interface Resource {
    readonly inputProperties: object;
    readonly properties: object;
  }
  const marked = (text: string, mark: "Input" | "Output") =>
    [...text.matchAll(new RegExp(`\\[${mark}\\("(\\w+)"`, "g"))].map(([, name]) => name).sort();

  it("has every resource and component of the schema, with its inputs and outputs", () => {
    const resources = Object.entries(schema.resources as Record<string, Resource>);
    assert.ok(resources.length >= 8);
    for (const [token, { inputProperties, properties }] of resources) {
      const text = read(`sdk/dotnet/${token.split(":").at(-1)}.cs`);
      assert.ok(text.includes(`[AppMeshResourceType("${token}")]`), token);
      assert.deepEqual(marked(text, "Input"), Object.keys(inputProperties).sort(), token);
      assert.deepEqual(marked(text, "Output"), Object.keys(properties).sort(), token);
    }
  });

  it("has every type of the schema, with its properties or values", () => {
    const enums = read("sdk/dotnet/Enums.cs");
    const folders = ["Inputs", "Outputs"].map(
      (each) => [each, readdirSync(join(root, "sdk/dotnet", each))] as const,
    );
    for (const [token, type] of Object.entries(
      schema.types as Record<string, { properties?: object; enum?: { value: string }[] }>,
    )) {
      const name = token.split(":").at(-1) ?? "";
      if (type.enum) {
        const declared =
          enums.split(/public readonly struct /).find((each) => each.startsWith(`${name} :`)) ?? "";
        const values = [...declared.matchAll(new RegExp(`= new ${name}\\("(.*)"\\)`, "g"))].map(
          ([, value]) => value,
        );
        assert.deepEqual(
          values,
          type.enum.map(({ value }) => value),
          token,
        );
      } else {
        const files = folders.flatMap(([folder, names]) =>
          names.filter((file) => file === `${name}Args.cs`).map((file) => `sdk/dotnet/${folder}/${file}`),
        );
        // A type that only data sources answer with has no Args.
        for (const file of files)
          assert.deepEqual(marked(read(file), "Input"), Object.keys(type.properties ?? {}).sort(), file);
        const output = folders[1]?.[1].includes(`${name}.cs`);
        assert.ok(files.length > 0 || output, token);
      }
    }
  });
});
