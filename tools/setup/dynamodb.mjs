// DynamoDB Local, AWS's own stand-in for DynamoDB, which the tests of the distributed store run against. Who has no
// Java and Maven does without: those tests say that they are skipped.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { makeOnce } from "./cache.mjs";
import { root } from "./clone.mjs";
import { step } from "./step.mjs";

/** @returns {Promise<string | undefined>} the folder with `classes` and `libraries`, if there is a JDK and Maven */
export async function ensureDynamoDb() {
  if (!runs("javac", "-version") || !runs("mvn", "--version")) return undefined;
  const source = join(root, "tests/support/dynamodb");
  const wayOut =
    "A JDK of Java 17 or later and Maven 3 are needed, and a Maven repository that they can reach. " +
    "Only tests need them: `npm start` runs without.";
  const folder = await makeOnce(`dynamodb-${digest(source)}`, (folder) =>
    step("getting DynamoDB Local", wayOut, (run) => {
      // Maven writes beside what it builds: never in the clone.
      cpSync(source, join(folder, "source"), { recursive: true });
      return run("mvn", ["--batch-mode", "--no-transfer-progress", "process-classes"], {
        cwd: join(folder, "source"),
      });
    }),
  );
  return join(folder, "source/target");
}

const runs = (program, ...args) => spawnSync(program, args, { stdio: "ignore" }).status === 0;

function digest(folder) {
  const hash = createHash("sha256");
  for (const file of readdirSync(folder, { recursive: true }).sort()) {
    const path = join(folder, file);
    if (statSync(path).isFile()) hash.update(`${file}\n`).update(readFileSync(path));
  }
  return hash.digest("hex").slice(0, 12);
}
