// The report of what the tests have run, from what V8 has written, held against thresholds.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { node, root } from "../setup/clone.mjs";
import { succeeds } from "./command.mjs";
import { addUpAll, shippedRooms } from "./covered.mjs";
import { testFiles } from "./mocha.mjs";

const unshipped = ["**/*.test.*", "**/*.suite.*", "**/testing/**", "**/gen/**", "**/*.mjs", "**/*.d.ts"];
/** Percent. Below these something has been built that no test has seen run. */
const thresholds = { lines: 90, branches: 85, functions: 85 };

/** @returns {Promise<boolean>} whether the tests have run as much as they must */
export function reportCoverage() {
  const options = [
    ...["--temp-directory", addUpAll(), "--reports-dir", join(root, "coverage")],
    ...["--reporter", "text", "--reporter", "html", "--skip-full"],
    // Files that no test has loaded count too, as not covered.
    ...["--all", "--exclude-after-remap"],
    ...shippedRooms.flatMap((room) => ["--src", room, "--include", `${room}/**`]),
    ...[...unshipped, ...typesOnly()].flatMap((pattern) => ["--exclude", pattern]),
    ...[
      "--check-coverage",
      ...Object.entries(thresholds).flatMap(([kind, least]) => [`--${kind}`, `${least}`]),
    ],
  ];
  return succeeds(node, [join(root, "node_modules/c8/bin/c8.js"), "report", ...options], {
    cwd: root,
    minutes: 30,
  });
}

/** Sources that hold types alone: nothing of them is left to run, and the report would call them not covered. */
function typesOnly() {
  const folders = shippedRooms.map((room) => `${room}/dist`);
  return testFiles(folders, ".js")
    .filter((file) => withoutComments(readFileSync(join(root, file), "utf8")) === "export {};")
    .map((file) => file.replace("/dist/", "/").replace(/\.js$/, ".ts"));
}

const withoutComments = (text) =>
  text
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/^\s*\/\/.*$/gm, "")
    .trim();
