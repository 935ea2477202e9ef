import assert from "node:assert/strict";
import { AppMesh } from "./appmesh.js";
import { breakOff, type Double, startDouble } from "./double.test.support.js";

describe("the client of the API", () => {
  let double: Double;
  let client: AppMesh;
  beforeEach(async () => {
    double = await startDouble();
    client = new AppMesh({ endpoint: double.endpoint, region: "us-east-1", maxRetries: 1 });
  });
  afterEach(async () => {
    client.close();
    await double.close();
  });

  for (const [what, issue] of [
    ["an access key", () => client.issueKey({ description: "ci" })],
    ["an identity", () => client.issueIdentity({ meshName: "shop" }, { virtualNode: "v1" })],
  ] as const) {
    it(`marks the call for ${what} once for all its attempts, and each call differently`, async () => {
      double.next.push(breakOff, breakOff);
      await issue().catch(() => {});
      await issue().catch(() => {});
      const tokens = double.seen.map(({ body }) => (body as { clientToken?: string }).clientToken);
      assert.equal(tokens.length >= 3, true, tokens.join());
      assert.equal(typeof tokens[0], "string");
      assert.equal(tokens[1], tokens[0]);
      assert.notEqual(tokens[2], tokens[0]);
    });
  }
});
