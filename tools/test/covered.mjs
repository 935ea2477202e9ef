// What V8 writes of every Node process, cut down to what ships and added up. It is gigabytes, nearly all of it about
// Node itself and about dependencies: each test file's share is taken as soon as the file has ended.
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../setup/clone.mjs";

// The checks begin before dependencies are there.
const require = createRequire(import.meta.url);
const sumUp = (covered) => require("@bcoe/v8-coverage").mergeProcessCovs(covered);

/** What ships: tests, examples and the benchmark are not held to it. */
export const shippedRooms = ["model", "control-plane", "provider", "policy-pack"];

const folder = join(root, "coverage/v8");
const sums = join(folder, "sums");
const total = join(folder, "total");

/** What earlier tests covered says nothing about those that run next. */
export function forget() {
  rmSync(folder, { recursive: true, force: true });
}

/** An own folder for what the Node processes of one command write at their ends. */
export const placeToWrite = () => join(folder, "raw", randomUUID());

/** Adds up what was written to a place; what a process that is just ending has yet to write waits for the whole sum. */
export function addUp(place) {
  const sum = sumOf(place);
  if (sum) write(sums, randomUUID(), sum);
}

/** Takes away what was written to a place, and tells its sum. */
export function sumOf(place) {
  if (!existsSync(place)) return undefined;
  const found = readdirSync(place).flatMap((file) => shipped(join(place, file)) ?? []);
  return found.length > 0 ? sumUp(found) : undefined;
}

/** Adds up all, and returns the folder that holds the sum and nothing else. */
export function addUpAll() {
  const raw = join(folder, "raw");
  for (const place of existsSync(raw) ? readdirSync(raw) : []) addUp(join(raw, place));
  const files = existsSync(sums) ? readdirSync(sums) : [];
  write(total, "all", sumUp(files.map((file) => JSON.parse(readFileSync(join(sums, file), "utf8")))));
  return total;
}

function write(place, name, sum) {
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, `${name}.json`), JSON.stringify(sum));
}

const places = shippedRooms.map((room) => pathToFileURL(join(root, room, "dist/")).href);

function shipped(file) {
  try {
    const { result } = JSON.parse(readFileSync(file, "utf8"));
    rmSync(file);
    return {
      result: result.filter(
        ({ url }) => places.some((place) => url.startsWith(place)) && !url.endsWith(".test.js"),
      ),
    };
  } catch (error) {
    // A process was ended as it wrote, or is writing.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
