import { readFileSync } from "node:fs";
import { unusable } from "./bundle.js";

/** What is in the files of `files:A,B`, one after the other. */
export const bundleInFiles = (place: string): string =>
  place
    .slice("files:".length)
    .split(",")
    .map((file) => {
      try {
        return readFileSync(file, "utf8");
      } catch (error) {
        throw unusable(place, (error as Error).message);
      }
    })
    .join("\n");
