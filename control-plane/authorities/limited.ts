import type { PlacedAuthority } from "../identity/issuer.js";

/** An authority that is asked for so many certificates at a time; others wait for their turn. */
export function limited(atATime: number, authority: PlacedAuthority): PlacedAuthority {
  let free = atATime;
  const waiting: (() => void)[] = [];
  return {
    ...authority,
    issue: async (options) => {
      if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      else free--;
      try {
        return await authority.issue(options);
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free++;
      }
    },
  };
}
