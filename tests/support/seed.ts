// The seed of the tests that try things at random: another one each time, and the same one again where it is given.

const given = process.env.APPMESH_TEST_SEED;

/** Whole, and of 31 bits: what fast-check takes as it is. */
export const seed: number =
  given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number.parseInt(given, 10);

/** For the title of a test, so that a failure says how to have it again. */
export const seedNote = `(again with APPMESH_TEST_SEED=${seed})`;
