import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteStore } from "../../store/sqlite-store.js";
import { IdentityError } from "../errors.js";
import { ProxyIdentities } from "./proxy-identities.js";

const mesh = { meshName: "shop", meshOwner: "123456789012" };
const DAY = 24 * 60 * 60 * 1000;

describe("What is kept of proxies' proofs", () => {
  let folder: string;
  let store: SqliteStore;
  let identities: ProxyIdentities;
  let now: number;
  beforeEach(async () => {
    now = Date.now();
    folder = await mkdtemp(join(tmpdir(), "appmesh-room-"));
    store = SqliteStore.open(folder);
    identities = await ProxyIdentities.open(store, {
      account: mesh.meshOwner,
      trustDomain: "appmesh.local",
      most: 2,
      now: () => now,
    });
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  const issue = () => identities.issue(mesh, { virtualNode: "v1", kind: "token", expiresInSeconds: 60 });
  const revoke = (virtualNode: string) => identities.revokeProxy(mesh, { virtualNode });
  const full = (message: string) => new IdentityError("LimitExceededException", message);

  it("is so much of each kind: whoever takes back what there never was leaves room for what is issued", async () => {
    await revoke("made-up-1");
    await revoke("made-up-2");
    await assert.rejects(
      revoke("made-up-3"),
      full(
        "there are 2 virtual nodes and gateways whose proofs were taken back, which is as many as are kept. Take back single " +
          "proofs, by their ids",
      ),
    );
    // Once more for one of them is no more.
    await revoke("made-up-2");
    await identities.revokeCertificate({ serialNumber: "01" });
    await identities.revokeCertificate({ serialNumber: "02" });
    await assert.rejects(
      identities.revokeCertificate({ serialNumber: "03" }),
      full(
        "there are 2 certificates of other authorities that were taken back, which is as many as are kept. Replace the " +
          "authority that signed them",
      ),
    );
    await issue();
    await issue();
    await assert.rejects(
      issue(),
      full(
        "there are 2 certificates and tokens of proxies, which is as many as are kept. Issue shorter ones",
      ),
    );
  });

  it("is so much of each mesh: one leaves room for the others", async () => {
    const shared = await ProxyIdentities.open(store, {
      account: mesh.meshOwner,
      trustDomain: "appmesh.local",
      most: 3,
      mostOfMesh: 2,
      now: () => now,
    });
    const books = { meshName: "books", meshOwner: mesh.meshOwner };
    // It begins as the other mesh's name does.
    const shopping = { meshName: "shopping", meshOwner: mesh.meshOwner };
    const issueIn = (of: typeof mesh, expiresInSeconds = 60) =>
      shared.issue(of, { virtualNode: "v1", kind: "token", expiresInSeconds });
    await issueIn(mesh);
    await issueIn(mesh, 120);
    await assert.rejects(
      issueIn(mesh),
      full(
        "mesh shop has 2 certificates and tokens of proxies, which is as many as are kept of one mesh; of all meshes 3 are. " +
          "Issue shorter ones",
      ),
    );
    await issueIn(shopping);
    await assert.rejects(
      issueIn(books),
      full(
        "there are 3 certificates and tokens of proxies, which is as many as are kept. Issue shorter ones",
      ),
    );
    // What has ended is of no mesh any more.
    now += 61_000;
    await issueIn(mesh);
    await issueIn(books);

    await shared.revokeProxy(mesh, { virtualNode: "made-up-1" });
    await shared.revokeProxy(mesh, { virtualNode: "made-up-2" });
    await assert.rejects(
      shared.revokeProxy(mesh, { virtualNode: "made-up-3" }),
      full(
        "mesh shop has 2 virtual nodes and gateways whose proofs were taken back, which is as many as are kept of one mesh; of " +
          "all meshes 3 are. Take back single proofs, by their ids",
      ),
    );
    await shared.revokeProxy(mesh, { virtualNode: "made-up-2" });
    await shared.revokeProxy(shopping, { virtualNode: "v1" });
  });

  it("has room again for what has ended", async () => {
    await revoke("v1");
    await revoke("v2");
    await issue();
    await issue();
    now += 61_000;
    await issue();
    // What was issued before it was taken back has ended by then, however long it was for.
    now += 397 * DAY;
    await revoke("v3");
    const kept = [...(await store.load()).records.keys()].filter((key) => key.includes("/proxies/proxies/"));
    assert.deepEqual(kept, [`identity/proxies/proxies/mesh/shop@${mesh.meshOwner}/virtualNode/v3`]);
  });
});
