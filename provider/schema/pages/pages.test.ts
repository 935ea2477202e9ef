import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { PackageSpec, Properties } from "../package-spec.js";
import { pages } from "./pages.js";

const root = new URL("../../../../", import.meta.url);
const schema: PackageSpec = JSON.parse(readFileSync(new URL("provider/schema.json", root), "utf8"));
const all = pages(schema);
const page = (name: string) => all.get(name) ?? assert.fail(`no page ${name}`);

describe("the pages of docs/reference", () => {
  it("are what the schema makes of them: else run npm run sdk", () => {
    const folder = fileURLToPath(new URL("docs/reference", root));
    assert.deepEqual(readdirSync(folder).sort(), [...all.keys()].sort());
    const stale = [...all].filter(([name, text]) => readFileSync(`${folder}/${name}`, "utf8") !== text);
    assert.deepEqual(
      stale.map(([name]) => name),
      [],
    );
  });

  it("are one for each resource, component and function, and all are in the contents", () => {
    const contents = page("README.md");
    const tokens = [...Object.keys(schema.resources), ...Object.keys(schema.functions)];
    assert.equal(all.size, tokens.length + 3);
    for (const token of tokens) {
      const name = token.replace("appmesh:index:", "");
      const [, file = ""] = new RegExp(`\\[${name}\\]\\((.+?)\\): \\S`).exec(contents) ?? [];
      assert.ok(page(file).includes(`\n\n# ${name}\n\n`), name);
    }
  });

  it("tell every property of everything", () => {
    const told = (name: string, properties: Properties) => {
      for (const property of Object.keys(properties))
        assert.ok(page(name).includes(`| \`${property}\` |`), `${name}: ${property}`);
    };
    const file = (token: string) =>
      `${token
        .replace("appmesh:index:", "")
        .replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-")
        .toLowerCase()}.md`;
    for (const [token, each] of Object.entries(schema.resources))
      told(file(token), { ...each.inputProperties, ...each.properties });
    for (const [token, { inputs, outputs }] of Object.entries(schema.functions))
      told(file(token), { ...inputs.properties, ...outputs.properties });
    for (const each of Object.values(schema.types))
      if ("properties" in each) told("types.md", each.properties);
    told("provider.md", schema.provider.inputProperties);
  });

  it("lead nowhere that is not there", () => {
    const anchors = new Set([...page("types.md").matchAll(/<a id="(.+?)">/g)].map(([, id]) => id));
    for (const [name, text] of all) {
      for (const [, file = "", anchor] of text.matchAll(/\]\(([\w-]+\.md)(?:#([\w-]+))?\)/g)) {
        assert.ok(all.has(file), `${name}: ${file}`);
        if (anchor !== undefined) assert.ok(anchors.has(anchor), `${name}: ${file}#${anchor}`);
      }
    }
  });

  it("say what is required, what a change replaces, what the default is and how one is imported", () => {
    const [head = "", ...rest] = page("route.md").split("\n\n## ");
    assert.equal(
      head.replace(/^<!--.*-->\n\n/, ""),
      "# Route\n\nA rule of a virtual router: which traffic it takes, and which virtual nodes get it in which shares.",
    );
    const sections = new Map(rest.map((each) => [each.split("\n")[0], each]));
    assert.deepEqual([...sections.keys()], ["Example", "Inputs", "Outputs", "Import"]);
    assert.match(
      sections.get("Inputs") ?? "",
      /^\| `meshName` \| string, required, a change replaces it \| \S/m,
    );
    assert.match(sections.get("Inputs") ?? "", /^\| `tags` \| map of string \| .*at most 50/m);
    assert.match(
      sections.get("Inputs") ?? "",
      /^\| `spec` \| \[RouteSpec\]\(types\.md#routespec\), required \|/m,
    );
    assert.match(sections.get("Outputs") ?? "", /^\| `arn` \| string \| \S/m);
    assert.match(
      sections.get("Import") ?? "",
      /pulumi import appmesh:index:Route example shop\/catalog\/canary/,
    );
    assert.match(
      page("mesh-service.md"),
      /^\| `versions` \| map of .*, required, must be known in the preview \|/m,
    );
    assert.match(
      page("provider.md"),
      /^\| `secretAccessKey` \| string, secret, environment: `APPMESH_SECRET_ACCESS_KEY` \|/m,
    );
  });
});
