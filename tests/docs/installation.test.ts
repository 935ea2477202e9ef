import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");
const json = (path: string) => JSON.parse(read(path));
const page = "docs/installation-configuration.md";

/** The cells of the table with that first heading, without the headings. */
function table(heading: string): string[][] {
  const lines = read(page).split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  const end = lines.indexOf("", start);
  const rows = lines.slice(start + 2, end < 0 ? undefined : end).filter((line) => line !== "");
  return rows.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe(page, () => {
  it("names the packages as the SDKs do", () => {
    const code = (text = "") => /`(.*)`/.exec(text)?.[1];
    assert.deepEqual(
      table("Language").map(([language, name]) => [language, code(name)]),
      [
        ["TypeScript, JavaScript", json("sdk/nodejs/package.json").name],
        ["Python", /^ {2}name = "(.*)"$/m.exec(read("sdk/python/pyproject.toml"))?.[1]],
        ["Go", /^module (.*)$/m.exec(read("sdk/go/go.mod"))?.[1]],
        [
          "Java",
          ["groupId", "artifactId"]
            .map((name) => new RegExp(`<${name}>(.*)</${name}>`).exec(read("sdk/java/pom.xml"))?.[1])
            .join(":"),
        ],
        ["C#", existsSync(join(root, "sdk/dotnet/PulumiAppMesh.AppMesh.csproj")) && "PulumiAppMesh.AppMesh"],
        ["YAML", undefined],
      ],
    );
  });

  it("leads to examples that are there", () => {
    for (const [language, , , example = ""] of table("Language")) {
      const path = /\((.*)\)/.exec(example)?.[1] ?? "";
      assert.ok(path !== "" && existsSync(join(root, dirname(page), path)), language);
    }
  });

  it("tells every setting, its environment and its meaning as the schema does", () => {
    const { variables } = json("provider/schema.json").config as {
      variables: Record<string, { description: string; defaultInfo?: { environment: string[] } }>;
    };
    assert.deepEqual(
      table("Setting"),
      Object.entries(variables).map(([name, { description, defaultInfo }]) => [
        `\`${name}\``,
        // What is no single text has its variable in its meaning only: the SDKs cannot read it by themselves.
        (defaultInfo?.environment ?? description.match(/APPMESH_\w+/g) ?? [])
          .map((each) => `\`${each}\``)
          .join(", "),
        description,
      ]),
    );
  });
});
