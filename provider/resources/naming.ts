import { createHash } from "node:crypto";

/** What the engine says of names that the program does not give. */
export interface Autonaming {
  readonly mode: "propose" | "enforce" | "disable";
  readonly proposedName: string;
}

/** As in App Mesh; a longer name from the program is cut so that the random part still fits. */
const LONGEST = 255;

/**
 * The name of an entity that is given none. The same seed makes the same name, so that a preview and the
 * update after it agree. Undefined if the user has switched such names off.
 */
export function autoname(
  urnName: string,
  seed: Uint8Array,
  autonaming: Autonaming | undefined,
): string | undefined {
  switch (autonaming?.mode) {
    case "disable":
      return undefined;
    case "enforce":
    case "propose":
      return autonaming.proposedName;
    case undefined: {
      const random = createHash("sha256").update(seed).digest("hex").slice(0, 7);
      return `${urnName.slice(0, LONGEST - random.length - 1)}-${random}`;
    }
  }
}

/** Whether a name was made by `autoname` on its own, so that a replacement gets another one. */
export const isAutonamed = (urnName: string, name: string): boolean =>
  name.startsWith(`${urnName.slice(0, LONGEST - 8)}-`) &&
  /-[0-9a-f]{7}$/.test(name) &&
  name.length <= urnName.length + 8;
