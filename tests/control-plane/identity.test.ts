import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type AccessKey,
  type ControlPlane,
  runAppmesh,
  startControlPlane,
} from "../support/control-plane.js";
import { RawConnection } from "../support/raw-http.js";

import { type Asked, Boto3, caOf, first } from "./callers.js";

const ACCOUNT = "000000000000";
/** What `appmesh keys create` prints. */
interface IssuedKey extends AccessKey {
  readonly status: string;
}

describe("Who may call", function () {
  this.timeout(180_000);
  let boto3: Boto3;
  before(async () => {
    boto3 = await Boto3.start();
  });
  after(() => boto3.stop());

  const keysOf =
    (controlPlane: ControlPlane) =>
    async (command: string, ...args: string[]) => {
      const ca = caOf(controlPlane);
      const { accessKey = first } = controlPlane;
      const ran = await runAppmesh(
        "keys",
        [command, ...args, "--endpoint", controlPlane.api, ...(ca ? ["--ca", ca] : [])],
        { accessKey },
      );
      assert.deepEqual([ran.code, ran.stderr], [0, ""]);
      return JSON.parse(ran.stdout);
    };

  for (const scheme of ["http", "https"]) {
    describe(`over ${scheme}`, () => {
      let controlPlane: ControlPlane;
      let keys: ReturnType<typeof keysOf>;
      let call: (asked: Asked) => Promise<object>;
      before(async () => {
        controlPlane = await startControlPlane({
          accessKey: first,
          args: scheme === "https" ? ["--tls-self-signed"] : [],
        });
        assert.equal(new URL(controlPlane.api).protocol, `${scheme}:`);
        keys = keysOf(controlPlane);
        call = (asked) => boto3.call({ endpoint: controlPlane.api, ca: caOf(controlPlane), ...asked });
        for (const meshName of ["shop", "bank"])
          assert.ok("output" in (await call({ key: first, operation: "create_mesh", input: { meshName } })));
      });
      after(() => controlPlane?.stop());

      const create = async (...args: string[]): Promise<IssuedKey> =>
        (await keys("create", ...args)).accessKey;
      const update = (key: AccessKey): Asked => ({
        key,
        operation: "update_mesh",
        input: { meshName: "shop", spec: { egressFilter: { type: "ALLOW_ALL" } } },
      });
      const versionOfShop = async () => {
        const asked = { key: first, operation: "describe_mesh", input: { meshName: "shop" } };
        const { output } = (await call(asked)) as { output: { mesh: { metadata: { version: number } } } };
        return output.mesh.metadata.version;
      };
      const refused = (code: string, message: string, type = "ClientError") => ({
        type,
        code,
        message,
        status: 403,
      });
      const mismatch = refused(
        "InvalidSignatureException",
        "The request signature we calculated does not match the signature you provided. " +
          "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
      );
      const unknown = refused(
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
      );

      it("lets signed requests through, and no others", async () => {
        const version = await versionOfShop();
        const { key: _, ...unsigned } = update(first);
        assert.deepEqual(
          await call(unsigned),
          refused("MissingAuthenticationTokenException", "Missing Authentication Token"),
        );
        assert.deepEqual(await call(update({ ...first, secretAccessKey: "guess" })), mismatch);
        assert.deepEqual(await call(update({ ...first, accessKeyId: "AKIDNONE" })), unknown);
        for (const alter of ["body", "path", "query"] as const)
          assert.deepEqual(await call({ ...update(first), alter }), mismatch, alter);
        for (const clock of [-6 * 60, 6 * 60]) {
          const { message, ...late } = (await call({ ...update(first), clock })) as { message: string };
          assert.deepEqual(late, { type: "ClientError", code: "InvalidSignatureException", status: 403 });
          assert.match(
            message,
            /^Signature (expired|not yet current): \d{8}T\d{6}Z is more than 5 min\. away from \d{8}T\d{6}Z, which it is here\.$/,
          );
        }
        assert.equal(await versionOfShop(), version);
        assert.ok("output" in (await call({ ...update(first), clock: -60 })));
        assert.equal(await versionOfShop(), version + 1);
      });

      it("lets a key do what it is for, until it is taken back or ends", async () => {
        const version = await versionOfShop();
        const [reader, banker, brief] = [
          await create("--read-only", "--description", "dashboards"),
          await create("--mesh", "bank"),
          await create("--expires-in", "2s"),
        ];
        const list = async (key: AccessKey) => {
          const { output } = (await call({ key, operation: "list_meshes" })) as {
            output?: { meshes: { meshName: string }[] };
          };
          return output?.meshes.map(({ meshName }) => meshName);
        };
        assert.deepEqual(await list(reader), ["bank", "shop"]);
        assert.deepEqual(await list(banker), ["bank"]);
        const denied = (key: AccessKey, resource: string, why: string) =>
          refused(
            "ForbiddenException",
            `User: arn:aws:iam::${ACCOUNT}:access-key/${key.accessKeyId} is not authorized to perform: ` +
              `appmesh:UpdateMesh on resource: ${resource} because ${why}`,
            "ForbiddenException",
          );
        assert.deepEqual(await call(update(reader)), denied(reader, "*", "the key is read-only"));
        assert.deepEqual(
          await call(update(banker)),
          denied(
            banker,
            `arn:aws:appmesh:us-east-1:${ACCOUNT}:mesh/shop`,
            `the key is for mesh bank@${ACCOUNT} only`,
          ),
        );
        const node = { meshName: "bank", virtualNodeName: "vault", spec: {} };
        assert.ok("output" in (await call({ key: banker, operation: "create_virtual_node", input: node })));
        assert.equal(await versionOfShop(), version);

        assert.equal((await keys("revoke", reader.accessKeyId)).accessKey.status, "Revoked");
        assert.deepEqual(await call({ key: reader, operation: "list_meshes" }), unknown);

        const ended = refused(
          "ExpiredTokenException",
          `The access key '${brief.accessKeyId}' included in the request is expired. Have another one issued.`,
        );
        let answer: object;
        do {
          await sleep(100);
          answer = await call({ key: brief, operation: "list_meshes" });
        } while ("output" in answer);
        assert.deepEqual(answer, ended);
      });

      it("replaces a key without anybody noticing", async () => {
        const old = await create("--description", "CI");
        const fresh: IssuedKey = (await keys("rotate", old.accessKeyId, "--overlap", "1h")).accessKey;
        assert.notEqual(fresh.secretAccessKey, old.secretAccessKey);
        for (const key of [old, fresh])
          assert.ok("output" in (await call({ key, operation: "list_meshes" })));
        assert.equal((await keys("rotate", fresh.accessKeyId, "--overlap", "0s")).accessKey.status, "Active");
        const { code } = (await call({ key: fresh, operation: "list_meshes" })) as { code: string };
        assert.equal(code, "ExpiredTokenException");
      });

      it("never tells a secret: not in answers, lists, the log or the data folder's other files", async () => {
        const [issued, reader] = [await create(), await create("--read-only")];
        await call({ key: reader, operation: "list_meshes" });
        await call(update(reader));
        await call({ ...update(issued), alter: "body" });
        const rotated: IssuedKey = (await keys("rotate", issued.accessKeyId)).accessKey;
        const failed = await runAppmesh("keys", ["list", "--endpoint", controlPlane.api], {
          accessKey: { ...reader },
          env: { NODE_EXTRA_CA_CERTS: caOf(controlPlane) },
        });
        assert.equal(failed.code, 1);
        const seen = [
          controlPlane.log(),
          JSON.stringify(await keys("list")),
          JSON.stringify(await keys("revoke", reader.accessKeyId)),
          failed.stdout + failed.stderr,
          ...filesIn(controlPlane.data)
            .filter((file) => !file.includes("appmesh.db"))
            .map((file) => readFileSync(file, "latin1")),
        ].join("\n");
        // What is looked for is there, but for the secrets.
        for (const { accessKeyId } of [first, issued, reader, rotated]) assert.ok(seen.includes(accessKeyId));
        for (const { secretAccessKey } of [first, issued, reader, rotated]) {
          assert.ok(!seen.includes(secretAccessKey));
          assert.ok(!seen.includes(Buffer.from(secretAccessKey).toString("base64").slice(0, 50)));
        }
      });

      it("lets nobody but the owner of the data folder read it", () => {
        const open = [
          controlPlane.data,
          join(controlPlane.data, "tls"),
          ...filesIn(controlPlane.data),
        ].filter(
          (path) =>
            (statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077 && !path.endsWith("/ca.pem"),
        );
        assert.deepEqual(open, []);
      });
    });
  }

  it("is asked of floods of headers as of anything else", async () => {
    const controlPlane = await startControlPlane({ accessKey: first });
    const many = (count: number, line: (n: number) => string) =>
      Array.from({ length: count }, (_, n) => `${line(n)}\r\n`).join("");
    const floods: [string, string][] = [
      ["many headers", many(900, (n) => `x-amz-${n}: a`)],
      ["more headers than are read", many(3000, (n) => `h${n}: a`)],
      ["a long header", `authorization: ${"A".repeat(60_000)}\r\n`],
      ["many authorizations", many(200, () => "authorization: AWS4-HMAC-SHA256 Credential=a")],
      [
        "many signed headers",
        `authorization: AWS4-HMAC-SHA256 Credential=AKIDFIRST/20261123/us-east-1/appmesh/aws4_request, SignedHeaders=${"host;".repeat(2000)}x-amz-date, Signature=${"0".repeat(64)}\r\n`,
      ],
      ["many dates", many(200, () => "x-amz-date: 20261123T000000Z")],
      ["bytes that are no text", "authorization: \u00ff\u00fe\u0080\r\n"],
      ["bytes that no header may have", "authorization: a\u0000b\r\n"],
    ];
    for (const [what, headers] of floods) {
      const connection = await RawConnection.open(controlPlane.api);
      connection.send(
        Buffer.from(`GET /v20190125/meshes HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n`, "latin1"),
      );
      const response = await connection.response();
      connection.close();
      assert.ok([400, 403, 431].includes(response?.status ?? 0), `${what}: ${response?.status}`);
      assert.equal(typeof JSON.parse(response?.body ?? "").message, "string", what);
    }
    assert.equal((await controlPlane.call("GET", "/v20190125/meshes")).status, 200);
    await controlPlane.stop();
  });
});

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
