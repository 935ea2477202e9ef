import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { addMesh } from "./add-mesh.js";

const folder = fileURLToPath(new URL("../../../components/ecs/testdata", import.meta.url));
const cases = readdirSync(folder)
  .filter((file) => file.endsWith(".input.json"))
  .map((file) => file.replace(".input.json", ""));

/** One case a kind of task: what `addMesh` is given, and what a task definition then has. */
describe("tasks of a mesh", () => {
  for (const name of cases) {
    it(name.replaceAll("-", " "), () => {
      const { containerDefinitions, options } = JSON.parse(
        readFileSync(join(folder, `${name}.input.json`), "utf8"),
      );
      const given = structuredClone({ containerDefinitions, options });
      const task = addMesh(containerDefinitions, options);
      assert.deepEqual({ containerDefinitions, options }, given, "what is given is not changed");
      const golden = join(folder, `${name}.golden.json`);
      if (process.env.UPDATE_GOLDEN) writeFileSync(golden, `${JSON.stringify(task, null, 2)}\n`);
      assert.deepEqual(task, JSON.parse(readFileSync(golden, "utf8")));
    });
  }
});
