/** Leaves tests out, and says why, where `missing` names what this machine lacks for them. */
export function skipWithout(test: Mocha.Context, missing: string | undefined): void {
  if (missing === undefined) return;
  console.log(`      left out: ${missing}`);
  test.skip();
}
