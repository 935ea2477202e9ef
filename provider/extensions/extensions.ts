import type { Extension } from "./extension.js";
import { meshSettings } from "./mesh-settings.js";

/** What stands beside App Mesh's own entities. */
export const extensions: readonly Extension[] = [meshSettings];
