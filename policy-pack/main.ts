// The pack that PulumiPolicy.yaml names. Its settings are the JSON file that APPMESH_POLICY_SETTINGS names, if any.
import { readFileSync } from "node:fs";
import { AppMeshPolicyPack } from "./pack.js";
import type { PackSettings } from "./settings.js";

function settings(): PackSettings {
  const file = process.env.APPMESH_POLICY_SETTINGS;
  if (!file) return {};
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(
      `APPMESH_POLICY_SETTINGS names ${file}, which cannot be read as JSON: ${(error as Error).message}`,
    );
  }
}

new AppMeshPolicyPack("appmesh", settings());
