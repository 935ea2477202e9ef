// Managed TLS between real Envoys, whose certificates come from one authority after the other while traffic flows.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AuthorityAws } from "../support/authority-aws.js";
import {
  type ControlPlane,
  runAppmesh,
  startControlPlane,
  temporaryFolder,
} from "../support/control-plane.js";
import { callThrough } from "../support/http.js";
import { freePort, loopbackAddress } from "../support/loopback.js";
import { Sidecar, until } from "../support/sidecar.js";
import { Traffic } from "../support/traffic.js";
import { appProgram, makeFrontAndApp, shownAt } from "./front-and-app.js";

interface Told {
  readonly authorityId: string;
  readonly purpose: string;
  readonly place?: string;
  readonly signs: boolean;
  readonly certificate: string;
}

describe("Managed TLS of authorities whose keys are not in the store", function () {
  this.timeout(180_000);
  let aws: AuthorityAws;
  let controlPlane: ControlPlane;
  let traffic: Traffic;
  let xds: string;
  let address: string;
  let files: string;
  const [data, secrets, sidecars] = [temporaryFolder(), temporaryFolder(), [] as Sidecar[]];

  const start = async (workloads: string) => {
    controlPlane = await startControlPlane({
      data,
      xds,
      args: [
        "--xds-tls-self-signed",
        ...["--authority", `proxies=${aws.secrets.below}`, "--authority", `workloads=${workloads}`],
      ],
      env: aws.env,
    });
  };
  const appmesh = async (...args: string[]) => {
    const { code, stdout, stderr } = await runAppmesh("identities", [
      ...args,
      "--endpoint",
      controlPlane.api,
    ]);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };
  const authorityAt = async (place: string): Promise<Told> => {
    const { authorities } = await appmesh("authorities");
    return authorities.find((authority: Told) => authority.place === place) ?? assert.fail(place);
  };
  const shown = () => shownAt(address);

  before(async () => {
    aws = await AuthorityAws.start();
    files = join(secrets, "authority.pem");
    writeFileSync(files, aws.bundle, { mode: 0o600 });
    xds = `127.0.0.1:${await freePort()}`;
    await start(`files:${files}`);
    [address] = [await loopbackAddress(8080)];
    const front = await loopbackAddress();
    await makeFrontAndApp(controlPlane, address);
    const sidecar = async (node: string, at: string, args: string[], script: string) => {
      const file = (name: string) => join(secrets, node, name);
      await appmesh("issue", "--mesh", "shop", "--node", node, ...args, "--out", join(secrets, node));
      const shows =
        args.length > 0
          ? ["--xds-token", file("token")]
          : ["--xds-certificate", file("certificate.pem"), "--xds-key", file("key.pem")];
      const where = ["--mesh", "shop", "--node", node, "--xds", xds, "--address", at];
      const started = await Sidecar.start(
        [...where, "--xds-trust", file("ca.pem"), ...shows],
        [process.execPath, "-e", script],
      );
      sidecars.push(started);
      await started.says("serving");
    };
    await sidecar("app", address, [], appProgram);
    await sidecar("front", front, ["--token"], "console.log('serving'); setInterval(() => {}, 1000)");
    traffic = new Traffic(() => callThrough(`${front}:15001`, "http://app.local/"));
    await traffic.more(1);
    const managedTls = { mode: "STRICT", settleSeconds: 3 };
    assert.equal((await controlPlane.call("PUT", "/v1/meshes/shop/settings", { managedTls })).status, 200);
    await until(async () => {
      const { managedTls } = (await controlPlane.call("GET", "/v1/meshes/shop/settings")).body;
      return managedTls?.listeners === "tls";
    });
  });
  after(async () => {
    await traffic?.stop();
    for (const sidecar of sidecars) {
      sidecar.kill("SIGTERM");
      await sidecar.ended;
    }
    await controlPlane?.stop();
    await aws?.stop();
  });

  it("is of the authority in files at first", async () => {
    const { certificate, signs } = await authorityAt(`files:${files}`);
    const authority = new X509Certificate(certificate);
    await until(async () => (await shown())?.checkIssued(authority) === true);
    assert.equal(signs, true);
    await traffic.more(20);
    assert.deepEqual(traffic.failed, []);
    // Proxies know the control plane by a root, below which its own authority is.
    assert.equal(
      new X509Certificate(readFileSync(join(secrets, "app", "ca.pem"))).subject,
      "CN=Example root",
    );
  });

  for (const [where, place] of [
    ["a secret", () => aws.secrets.good as string],
    ["a key of KMS", () => aws.kms.good],
    ["AWS Private CA, below a root, which throttles", () => aws.authorities.below],
  ] as const) {
    it(`comes to be of ${where}, without a lost request`, async () => {
      const before = (await shown())?.issuer;
      await controlPlane.stop();
      await start(place());
      const { authorityId, certificate, signs } = await authorityAt(place());
      assert.equal(signs, false);
      await aws.fault("throttle");
      // What is trusted arrives before the first certificate of it.
      await until(async () => {
        const { proxies } = (await controlPlane.call("GET", "/v1/proxies")).body;
        return (
          proxies.length === 2 &&
          proxies.every(
            ({ resources: { secrets: told } }: { resources: Record<string, Versions> }) =>
              told?.version !== undefined && told.version === told.acknowledged,
          )
        );
      });
      await traffic.more(20);
      assert.equal((await shown())?.issuer, before);
      await appmesh("use-authority", authorityId);
      const authority = new X509Certificate(certificate);
      await until(async () => (await shown())?.checkIssued(authority) === true);
      await aws.fault();
      await traffic.more(50);
      assert.deepEqual(traffic.failed, []);
      assert.equal((await shown())?.subjectAltName, "URI:spiffe://appmesh.local/mesh/shop/virtualNode/app");
    });
  }

  it("goes on when the old ones are trusted no more", async () => {
    const { authorities } = await appmesh("authorities");
    for (const { authorityId, purpose, signs } of authorities as Told[]) {
      if (purpose === "workloads" && !signs) await appmesh("remove-authority", authorityId);
    }
    await traffic.more(50);
    assert.deepEqual(traffic.failed, []);
  });
});

interface Versions {
  readonly version?: string;
  readonly acknowledged?: string;
}
