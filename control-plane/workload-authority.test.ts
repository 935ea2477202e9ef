import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OwnCertificate } from "./identity/own-certificate.js";
import { ProxyIdentities } from "./identity/proxies/proxy-identities.js";
import { SqliteStore } from "./store/sqlite-store.js";
import { workloadAuthority } from "./workload-authority.js";

const minute = 60_000;

describe("What the control plane signs", () => {
  let folder: string;
  let store: SqliteStore;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "appmesh-clocks-"));
    store = SqliteStore.open(folder);
  });
  after(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  it("is valid to whose clock is five minutes behind, though that of the control plane is five minutes ahead", async () => {
    const clock = () => Date.now() + 5 * minute;
    const account = "123456789012";
    const identities = await ProxyIdentities.open(store, {
      account,
      trustDomain: "appmesh.local",
      now: clock,
    });
    const { authorities } = identities;
    const workloads = workloadAuthority({ authorities, lifeSeconds: 60, now: clock });
    const workload = await workloads.issue("spiffe://appmesh.local/mesh/shop/virtualNode/v1");
    const issued = await identities.issue({ meshName: "shop", meshOwner: account }, { virtualNode: "v1" });
    const server = await new OwnCertificate(authorities, ["localhost"]).current(clock());
    const behind = Date.now() - 5 * minute;
    const all = {
      workload: workload.certificate,
      "authority of workloads": workloads.trust(),
      "of a proxy": issued.certificate,
      "authority of proxies": issued.trust,
      "of the server": String(server.cert),
    };
    const begin = Object.entries(all).map(([what, pem]) => {
      const { validFromDate, validToDate } = new X509Certificate(pem ?? assert.fail(what));
      return [what, validFromDate.getTime() <= behind, validToDate.getTime() > Date.now()];
    });
    assert.deepEqual(
      begin,
      Object.keys(all).map((what) => [what, true, true]),
    );
    // It ends when it was to end by the clock of all control planes, and not an hour later.
    const { notBefore, notAfter } = workload;
    assert.equal(Math.abs(notAfter - notBefore - 60_000) <= 1000, true, `${notAfter - notBefore}`);
  });
});
