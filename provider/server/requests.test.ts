import assert from "node:assert/strict";
import { messages } from "./protocol.js";
import {
  readCheckRequest,
  readCreateRequest,
  readDiffRequest,
  readReadRequest,
  readUpdateRequest,
} from "./requests.js";
import { Secret, UNKNOWN } from "./values.js";
import { encode } from "./wire.js";

const urn = "urn:pulumi:dev::shop::appmesh:index:Mesh::shop";

describe("the requests that come for every resource", () => {
  it("are read as the SDK's own messages are written: Check", () => {
    const { Mode } = messages.CheckRequest.AutonamingOptions;
    const options = new messages.CheckRequest.AutonamingOptions()
      .setProposedName("shop-1")
      .setMode(Mode.ENFORCE);
    const request = new messages.CheckRequest()
      .setUrn(urn)
      .setOlds(encode({ meshName: "old" }))
      .setNews(encode({ meshName: new Secret("new"), spec: UNKNOWN }))
      .setRandomseed(Uint8Array.of(1, 2, 3))
      .setName("shop")
      .setType("appmesh:index:Mesh")
      .setAutonaming(options)
      .setOldOutputs(encode({ meshName: "outputs" }));
    const read = readCheckRequest(request.serializeBinary());
    assert.deepEqual(read, {
      urn,
      olds: { meshName: "old" },
      news: { meshName: new Secret("new"), spec: UNKNOWN },
      randomSeed: Uint8Array.of(1, 2, 3),
      autonaming: { proposedName: "shop-1", mode: Mode.ENFORCE },
    });
  });

  it("are read as the SDK's own messages are written: Diff", () => {
    const request = new messages.DiffRequest()
      .setId("shop")
      .setUrn(urn)
      .setOlds(encode({ arn: "arn" }))
      .setNews(encode({ meshName: "new" }))
      .setIgnorechangesList(["tags", "spec.egressFilter"])
      .setOldInputs(encode({}))
      .setName("shop")
      .setType("appmesh:index:Mesh");
    assert.deepEqual(readDiffRequest(request.serializeBinary()), {
      urn,
      olds: { arn: "arn" },
      news: { meshName: "new" },
      ignoreChanges: ["tags", "spec.egressFilter"],
      oldInputs: {},
    });
  });

  it("are read as the SDK's own messages are written: Create, Update and Read", () => {
    const create = new messages.CreateRequest()
      .setUrn(urn)
      .setProperties(encode({ meshName: "shop" }))
      .setTimeout(1.5)
      .setPreview(true)
      .setName("shop")
      .setType("appmesh:index:Mesh")
      .setResourceStatusAddress("127.0.0.1:1")
      .setResourceStatusToken("token");
    assert.deepEqual(readCreateRequest(create.serializeBinary()), {
      urn,
      properties: { meshName: "shop" },
      timeout: 1.5,
      preview: true,
    });

    const update = new messages.UpdateRequest()
      .setId("shop")
      .setUrn(urn)
      .setOlds(encode({ arn: "arn" }))
      .setNews(encode({ meshName: "new" }))
      .setTimeout(600)
      .setIgnorechangesList(["tags", "spec"])
      .setPreview(true)
      .setOldInputs(encode({ meshName: "old" }))
      .setName("shop");
    assert.deepEqual(readUpdateRequest(update.serializeBinary()), {
      id: "shop",
      urn,
      olds: { arn: "arn" },
      news: { meshName: "new" },
      timeout: 600,
      ignoreChanges: ["tags", "spec"],
      preview: true,
    });

    const read = new messages.ReadRequest()
      .setId("shop")
      .setUrn(urn)
      .setProperties(encode({ arn: "arn" }))
      .setInputs(encode({ meshName: "shop" }))
      .setName("shop")
      .setTimeout(2);
    assert.deepEqual(readReadRequest(read.serializeBinary()), {
      id: "shop",
      urn,
      properties: { arn: "arn" },
      inputs: { meshName: "shop" },
      timeout: 2,
    });
  });

  it("have nothing where nothing was sent", () => {
    assert.deepEqual(readCheckRequest(new Uint8Array()), {
      urn: "",
      olds: {},
      news: {},
      randomSeed: new Uint8Array(),
      autonaming: undefined,
    });
    assert.deepEqual(readDiffRequest(new Uint8Array()), {
      urn: "",
      olds: {},
      news: {},
      ignoreChanges: [],
      oldInputs: undefined,
    });
  });
});
