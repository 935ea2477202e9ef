// The task definitions that are made, and the shapes that they are checked with, beside ECS's own in botocore.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { formatViolation, type Shape, validate } from "@pulumi-appmesh/model";
import type { MeshedTask } from "@pulumi-appmesh/provider/components/ecs/add-mesh.js";
import {
  ContainerDefinition,
  ContainerDefinitions,
} from "@pulumi-appmesh/provider/components/ecs/container-definition.js";
import { fargateSizes } from "@pulumi-appmesh/provider/components/ecs/fargate-size.js";
import { python } from "../support/tools.js";

const testdata = fileURLToPath(new URL("../../../provider/components/ecs/testdata", import.meta.url));
const register = fileURLToPath(new URL("../../provider/ecs_register.py", import.meta.url));

interface EcsShape {
  readonly type: string;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, { readonly shape: string }>>;
  readonly member?: { readonly shape: string };
  readonly value?: { readonly shape: string };
  readonly documentation?: string;
}
type EcsShapes = Readonly<Record<string, EcsShape>>;

const program = `
import json, sys, botocore.session
json.dump(botocore.session.get_session().get_data("ecs/2014-11-13/service-2")["shapes"], sys.stdout)
`;

/** How two shapes differ: members, kinds, what is required, and the values that are allowed. */
function differences(ours: Shape, shapes: EcsShapes, name: string, path: string): readonly string[] {
  const theirs = shapes[name];
  if (theirs === undefined) return [`${path}: ECS has no ${name}`];
  const kind = { enum: "string", number: "double" }[ours.kind as "enum"] ?? ours.kind;
  if (kind !== theirs.type) return [`${path}: ${ours.kind}, in ECS ${theirs.type}`];
  switch (ours.kind) {
    case "enum":
      return listed(path, Object.keys(ours.values), theirs.enum ?? []);
    case "string":
      return theirs.enum === undefined ? [] : [`${path}: any text, in ECS ${theirs.enum.join(", ")}`];
    case "list":
      return differences(ours.item, shapes, theirs.member?.shape ?? "", `${path}[]`);
    case "map":
      return differences(ours.item, shapes, theirs.value?.shape ?? "", `${path}{}`);
    case "structure": {
      const members = Object.entries(ours.members);
      const required = members.filter(([, member]) => member.required).map(([member]) => member);
      return [
        ...listed(
          path,
          members.map(([member]) => member),
          Object.keys(theirs.members ?? {}),
        ),
        ...listed(`${path} (required)`, required, theirs.required ?? []),
        ...members.flatMap(([member, { shape }]) => {
          const there = theirs.members?.[member];
          return there === undefined ? [] : differences(shape, shapes, there.shape, `${path}.${member}`);
        }),
      ];
    }
    default:
      return [];
  }
}

function listed(path: string, ours: readonly string[], theirs: readonly string[]): readonly string[] {
  return [
    ...ours.filter((name) => !theirs.includes(name)).map((name) => `${path}: ${name} is ours alone`),
    ...theirs.filter((name) => !ours.includes(name)).map((name) => `${path}: ${name} is ECS's alone`),
  ];
}

describe("ECS's own words for a task", function () {
  this.timeout(180_000);
  let shapes: EcsShapes;
  before(async () => {
    const { stdout } = await promisify(execFile)(await python(), ["-c", program], { maxBuffer: 64 << 20 });
    shapes = JSON.parse(stdout);
  });

  it("are those of the container definitions", () => {
    assert.deepEqual(differences(ContainerDefinition, shapes, "ContainerDefinition", "container"), []);
  });

  it("tell the sizes that Fargate offers", () => {
    const documentation = shapes.RegisterTaskDefinitionRequest?.members?.memory as EcsShape | undefined;
    const offers = [...(documentation?.documentation ?? "").matchAll(/<li>\s*<p>(.*?)<\/p>/gs)].map(
      ([, line = ""]) => line.replace(/<[^>]+>/g, "").replace(/\s+/g, " "),
    );
    const told = offers.flatMap((line) => {
      const cpu = Number(
        /Available <?code>?cpu<?\/?code>? values: (\d+)|values: (\d+) \(/.exec(line)?.slice(1).find(Boolean),
      );
      const before = line.split(" - Available")[0] ?? "";
      const range =
        /Between (\d+) ?(?:GB|\(\d+ GB\)) and (\d+) ?(?:GB|\(\d+ GB\)) in (?:increments of )?(\d+)/.exec(
          before,
        );
      const mib = (size: string | undefined) => (Number(size) < 1000 ? Number(size) * 1024 : Number(size));
      if (range === null)
        return [...before.matchAll(/(\d+) \([\d.]+ GB\)/g)].map(([, memory]) => `${cpu} ${memory}`);
      const [from, to, step] = [mib(range[1]), mib(range[2]), mib(range[3])];
      return Array.from({ length: (to - from) / step + 1 }, (_, index) => `${cpu} ${from + index * step}`);
    });
    assert.deepEqual(
      fargateSizes.map(({ cpu, memory }) => `${cpu} ${memory}`),
      told,
    );
  });
});

describe("the task definitions of a mesh", function () {
  this.timeout(180_000);
  const tasks: Readonly<Record<string, MeshedTask>> = Object.fromEntries(
    readdirSync(testdata)
      .filter((file) => file.endsWith(".golden.json") && !file.startsWith("refused"))
      .map((file) => [
        file.replace(".golden.json", ""),
        JSON.parse(readFileSync(join(testdata, file), "utf8")),
      ]),
  );

  it("keep ECS's limits", () => {
    for (const { containerDefinitions } of Object.values(tasks)) {
      assert.deepEqual(validate(ContainerDefinitions, containerDefinitions).map(formatViolation), []);
    }
  });

  it("are taken by ECS as they are", async () => {
    const child = spawn(await python(), [register], { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin.end(JSON.stringify(tasks));
    const [output] = await Promise.all([text(child.stdout), once(child, "exit")]);
    assert.equal(child.exitCode, 0);
    const described: Readonly<Record<string, MeshedTask & { networkMode: string }>> = JSON.parse(output);
    assert.deepEqual(Object.keys(described), Object.keys(tasks));
    for (const [name, { containerDefinitions, proxyConfiguration, cpu, memory }] of Object.entries(tasks)) {
      const taken = described[name];
      assert.deepEqual(
        taken?.containerDefinitions.map(({ name }) => name),
        containerDefinitions.map(({ name }) => name),
      );
      assert.deepEqual(
        taken?.containerDefinitions.map(({ command }) => command ?? []),
        containerDefinitions.map(({ command }) => command ?? []),
      );
      assert.deepEqual(taken?.proxyConfiguration, proxyConfiguration);
      assert.deepEqual([taken?.cpu, taken?.memory, taken?.networkMode], [cpu, memory, "awsvpc"]);
    }
  });
});
