// The examples of all descriptions, in every language: compiled, run or checked, as far as that is to be had here.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { formed, resolved } from "@pulumi-appmesh/provider/schema/resolved.test.support.js";
import { allExamples } from "@pulumi-appmesh/provider/schema/with-examples.js";
import { parse } from "yaml";
import { run } from "../compat/run.js";
import { temporaryFolder } from "../support/control-plane.js";
import { canaryJava, canaryPython } from "../support/tools.js";
import { bare, named, sdkMembers } from "./csharp-program.js";
import { examplesIn, root, schema } from "./examples.js";
import { mistakes } from "./yaml-program.js";

async function succeeds(program: string, args: readonly string[], env = {}): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, env);
  assert.equal(code, 0, `${stdout}\n${stderr}`.slice(0, 5_000));
  return stdout;
}

const write = (path: string, text: string) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};

interface Described {
  readonly properties: Readonly<Record<string, { type?: string; $ref?: string }>>;
}

/** A structure, or any document; an enum is a text. */
const isObject = ($ref = "") =>
  $ref !== "" &&
  (schema.types as Record<string, { type: string }>)[$ref.replace("#/types/", "")]?.type !== "string";

/** A value of each property's type: null stands for any text. */
const empty = ({ properties }: Described) =>
  Object.fromEntries(
    Object.entries(properties).map(([name, { type, $ref }]) => [
      name,
      type === "array"
        ? []
        : type === "object" || isObject($ref)
          ? {}
          : type === "integer"
            ? 0
            : (formed[name] ?? null),
    ]),
  );

describe("the examples of the descriptions", function () {
  this.timeout(600_000);

  it("are TypeScript that fits the SDK's types", async () => {
    const folder = temporaryFolder();
    for (const [name, path] of [
      ["@pulumi-appmesh/appmesh", "sdk/nodejs"],
      ["@pulumi/pulumi", "node_modules/@pulumi/pulumi"],
    ] as const) {
      mkdirSync(dirname(join(folder, "node_modules", name)), { recursive: true });
      symlinkSync(join(root, path), join(folder, "node_modules", name));
    }
    const files = [...examplesIn("typescript")].map(([name, program]) => {
      write(join(folder, `${name}.ts`), program);
      return `${name}.ts`;
    });
    const compilerOptions = {
      ...{ target: "es2022", module: "node16", strict: true, skipLibCheck: true, noEmit: true, types: [] },
    };
    write(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    await succeeds(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder]);
  });

  it("are Python that makes, looks up and exports what the example says", async function () {
    const found = await canaryPython();
    if (found === undefined) return this.skip();
    const outputs = Object.fromEntries([
      ...Object.entries<Described>(schema.resources).map(([token, each]) => [token, empty(each)]),
      ...Object.entries<{ outputs: Described }>(schema.functions).map(([token, each]) => [
        token,
        empty(each.outputs),
      ]),
    ]);
    const { status, stdout, stderr } = spawnSync(
      found.python,
      [join(root, "tests/languages/python/examples.py")],
      {
        encoding: "utf8",
        input: JSON.stringify({ programs: Object.fromEntries(examplesIn("python")), outputs }),
        env: {
          ...process.env,
          PYTHONPATH: [join(root, "sdk/python"), found.path].join(delimiter),
          PYTHONDONTWRITEBYTECODE: "1",
        },
        timeout: 120_000,
      },
    );
    assert.equal(status, 0, stderr.slice(-3_000));
    const ran = JSON.parse(stdout);
    for (const [name, example] of Object.entries(allExamples)) {
      const made = example.resources.map(({ type, name, inputs }) => ({
        ...{ type: `appmesh:index:${type}`, name, inputs: resolved(inputs, example) },
      }));
      const called = (example.lookups ?? []).map(({ function: called, inputs }) => ({
        ...{ function: `appmesh:index:${called}`, inputs: resolved(inputs, example) },
      }));
      // Resources that do not wait for each other are made in any order.
      const byName = (all: { type: string; name: string }[]) =>
        [...all].sort((a, b) => (`${a.type} ${a.name}` < `${b.type} ${b.name}` ? -1 : 1));
      assert.deepEqual(
        { ...ran[name], made: byName(ran[name].made) },
        { made: byName(made), called, exported: Object.keys(example.outputs ?? {}) },
        name,
      );
    }
  });

  it("are Go that compiles against the SDK", async function () {
    if (spawnSync("go", ["version"]).status !== 0) return this.skip();
    const folder = temporaryFolder();
    const source = join(root, "tests/languages/go");
    // The module of the canary program has all that the SDK needs; its paths start elsewhere here.
    const module = readFileSync(join(source, "go.mod"), "utf8").replaceAll("../../../", root);
    write(join(folder, "go.mod"), module);
    write(join(folder, "go.sum"), readFileSync(join(source, "go.sum"), "utf8"));
    // As packages of no command they are compiled, and not linked.
    for (const [name, program] of examplesIn("go"))
      write(join(folder, name, "main.go"), program.replace("package main", "package example"));
    await succeeds("go", ["-C", folder, "build", "-trimpath", "-buildvcs=false", "./..."], {
      ...{ CGO_ENABLED: "0", GOFLAGS: "-mod=mod", GOPROXY: "off" },
    });
  });

  it("are Java that compiles against the SDK", async function () {
    const classPath = await canaryJava();
    if (classPath === undefined) return this.skip();
    const folder = temporaryFolder();
    const files = [...examplesIn("java")].map(([name, program]) => {
      const path = join(folder, name, "App.java");
      write(path, program.replace("package program;", `package program.${name};`));
      return path;
    });
    await succeeds("javac", [
      ...["-proc:none", "-cp", classPath, "-d", join(folder, "classes")],
      ...["-sourcepath", join(root, "sdk/java/src/main/java"), "-Xprefer:source", "-implicit:none"],
      ...files,
    ]);
  });

  it("name in C# what the SDK of .NET has", () => {
    const sdk = sdkMembers();
    for (const [name, program] of examplesIn("csharp")) {
      // The programs name the SDK's classes by its namespaces, and leave out those that the compiler infers.
      const written = bare(program)
        .replaceAll(/\bAppMesh\.(Inputs\.)?(?=[A-Z])/g, "")
        .replaceAll(/\bnew (\w+)\("", new\(\)/g, "new $1Args")
        .replaceAll(/\b(\w+)\.Invoke\(new\(\)/g, "new $1InvokeArgs");
      const used = named(written, new Set(sdk.keys()));
      assert.ok(used.length > 0 || name === "getMeshes", name);
      for (const { type, member } of used)
        assert.ok(sdk.get(type)?.has(member), `${name}: ${type}.${member}`);
      for (const [, type = ""] of written.matchAll(/\bnew (\w+Args)\b/g)) {
        assert.ok(sdk.has(type), `${name}: ${type}`);
      }
    }
  });

  it("say in YAML what the schema allows", () => {
    for (const [name, program] of examplesIn("yaml")) assert.deepEqual(mistakes(parse(program)), [], name);
  });
});
