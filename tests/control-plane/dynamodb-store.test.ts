import { DynamoStore } from "@pulumi-appmesh/control-plane/store/dynamodb-store.js";
import { storeSuite } from "@pulumi-appmesh/control-plane/store/store.suite.js";
import { DynamoDbServer } from "../support/dynamodb.js";

describe("The store on DynamoDB", () => {
  let server: DynamoDbServer;
  before(async function () {
    this.timeout(180_000);
    server = await DynamoDbServer.start(this);
  });
  after(() => server?.close());

  storeSuite("DynamoStore", async () => {
    const place = await server.table();
    return { open: () => DynamoStore.open(place), remove: async () => {} };
  });
});
