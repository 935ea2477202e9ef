import assert from "node:assert/strict";
import { figure, quantile, ratio, table } from "./table.js";

describe("the tables of the benchmark", () => {
  it("set the first column to the left, all others to the right, as wide as their widest cell", () => {
    assert.equal(
      table(
        ["server", "ms"],
        [
          ["a", "1.00"],
          ["go-control-plane", "12345"],
        ],
      ),
      [
        "  server               ms",
        "  ────────────────  ─────",
        "  a                  1.00",
        "  go-control-plane  12345",
      ].join("\n"),
    );
  });

  it("show figures with three digits, and a dash where there is none", () => {
    const given = [
      0,
      0.01234,
      0.5,
      1,
      9.994,
      12.345,
      123.45,
      12_345.6,
      -2.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ];
    const shown = ["0", "0.0123", "0.500", "1.00", "9.99", "12.3", "123", "12346", "-2.50", "–", "–"];
    assert.deepEqual(given.map(figure), shown);
    assert.equal(ratio(1, 3), "0.333×");
    assert.equal(ratio(1, 0), "–×");
  });

  it("take quantiles by the nearest rank, in whatever order values come", () => {
    const values = [5, 1, 4, 2, 3];
    assert.deepEqual(
      [0, 0.2, 0.21, 0.5, 0.99, 1].map((share) => quantile(values, share)),
      [1, 1, 2, 3, 5, 5],
    );
    assert.deepEqual(values, [5, 1, 4, 2, 3]);
    assert.equal(quantile([], 0.5), Number.NaN);
  });
});
