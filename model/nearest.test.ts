import assert from "node:assert/strict";
import { nearest } from "./nearest.js";

describe("nearest", () => {
  const names = ["listeners", "serviceDiscovery", "backends", "backendDefaults", "tls"];
  const cases: [string, string | undefined][] = [
    ["listners", "listeners"],
    ["Listeners", "listeners"],
    ["listener", "listeners"],
    ["litseners", "listeners"],
    ["servicediscovery", "serviceDiscovery"],
    ["backend", "backends"],
    ["backendDefault", "backendDefaults"],
    ["listteners", "listeners"],
    ["liseners", "listeners"],
    ["tlss", "tls"],
    ["ls", "tls"],
    ["tsl", "tls"],
    ["ssl", undefined],
    ["x", undefined],
    ["", undefined],
    ["logging", undefined],
    ["listeners".repeat(10), undefined],
  ];
  for (const [given, meant] of cases) {
    it(`${given.slice(0, 20) || "nothing"} means ${meant ?? "nothing known"}`, () => {
      assert.equal(nearest(given, names), meant);
    });
  }
});
