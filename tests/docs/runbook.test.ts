// What docs/operations.md and docs/proxy-identity.md tell operators to do, step by step, done at real control planes.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { placeKind } from "@pulumi-appmesh/control-plane/authorities/place-kind.js";
import { AuthorityAws } from "../support/authority-aws.js";
import { TestAuthority } from "../support/certificates.js";
import { temporaryFolder } from "../support/control-plane.js";
import { DynamoDbServer } from "../support/dynamodb.js";
import { loopbackAddress } from "../support/loopback.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const page = (name: string) => readFileSync(join(root, "docs", name), "utf8");
const operations = page("operations.md");
const identity = page("proxy-identity.md");

/** The code block that follows a comment. */
const block = (text: string, comment: string): string =>
  new RegExp(`<!-- ${comment} -->\n\`\`\`sh\n([^]*?)\`\`\``).exec(text)?.[1] ?? assert.fail(comment);

/** As much of jq as the pages use: machines of those who read them have it, and those of tests need not. */
const JQ = `
import { readFileSync } from "node:fs";
const args = process.argv.slice(2).filter((arg) => arg !== "-r");
const variables = {};
while (args[0] === "--arg") { const [, name, value] = args.splice(0, 3); variables["$" + name] = value; }
const [filter, file = 0] = args;
const all = filter.split(" | ").reduce((values, step) => {
  const select = /^select\\((.*)\\)$/.exec(step)?.[1];
  if (select === undefined) {
    const many = step.endsWith("[]");
    const names = step.replace("[]", "").slice(1).split(".");
    const found = values.map((value) => names.reduce((of, name) => of[name], value));
    return many ? found.flat() : found;
  }
  return values.filter((value) => select.split(" and ").every((term) => {
    const [path, wanted] = term.split(" == ");
    const given = value[path.slice(1)];
    return wanted === undefined ? given : given === (variables[wanted] ?? JSON.parse(wanted));
  }));
}, [JSON.parse(readFileSync(file, "utf8"))]);
for (const each of all) console.log(each);
`;

describe("The steps of an operator", function () {
  this.timeout(180_000);
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "jq.mjs"), JQ);
    writeFileSync(
      join(folder, "jq"),
      `#!/bin/sh\nexec "${process.execPath}" "${join(folder, "jq.mjs")}" "$@"\n`,
    );
    chmodSync(join(folder, "jq"), 0o755);
  });

  /** Runs a script with what it says in between; every control plane that it starts ends with it. */
  async function run(script: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const whole = `trap 'jobs -p | xargs -r kill 2>/dev/null; wait' EXIT\n${READY}${script}`;
    const child = spawn("bash", ["-euo", "pipefail", "-c", whole], {
      cwd: folder,
      env: {
        ...process.env,
        ...env,
        PATH: [folder, join(root, "node_modules/.bin"), process.env.PATH].join(delimiter),
      },
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data) => (stdout += data));
    child.stderr.on("data", (data) => (stderr += data));
    const [code] = await once(child, "close");
    assert.equal(code, 0, stderr.slice(-3_000));
    return stdout;
  }
  /** At an address of this test's own, and without waiting for a control plane that has ended. */
  const at = (address: string, script: string) =>
    script.replaceAll("127.0.0.1", address).replaceAll("do sleep 0.2", "do kill -0 $!; sleep 0.2");
  const READY = 'ready() { until curl -sf "$1/readyz" >&2; do kill -0 $!; sleep 0.2; done; }\n';
  const mesh = `
    put() { curl -sf -X PUT "$APPMESH_ENDPOINT$1" -H "content-type: application/json" -d "$2" > /dev/null; }
    put /v20190125/meshes '{"meshName": "shop"}'
    put /v20190125/meshes/shop/virtualNodes '{"virtualNodeName": "catalog", "spec": {}}'
  `;

  it("upgrade, restore, and replace access keys, while the other control plane serves", async function () {
    const dynamoDb = await DynamoDbServer.start(this);
    try {
      const script = at(
        await loopbackAddress(7071, 7072, 7073, 18001, 18002, 18003),
        `
        appmesh table create --table meshes
        appmesh keys create --table meshes > operator.json
        appmesh serve --table meshes --api 127.0.0.1:7071 --xds 127.0.0.1:18001 > /dev/null & first=$!
        appmesh serve --table meshes --api 127.0.0.1:7072 --xds 127.0.0.1:18002 > /dev/null & second=$!
        ready http://127.0.0.1:7071; ready http://127.0.0.1:7072
        appmesh keys create --table meshes --description ci > ci.json
        ${block(operations, "upgrade")}
        ${block(operations, "restore")}
        appmesh serve --table meshes-2 --api 127.0.0.1:7073 --xds 127.0.0.1:18003 > /dev/null &
        ready http://127.0.0.1:7073
        export APPMESH_ENDPOINT=http://127.0.0.1:7072
        export APPMESH_ACCESS_KEY_ID=$(jq -r .accessKey.accessKeyId operator.json)
        export APPMESH_SECRET_ACCESS_KEY=$(jq -r .accessKey.secretAccessKey operator.json)
        appmesh keys list > upgraded.json
        appmesh keys list --endpoint http://127.0.0.1:7073 > restored.json
        old=$(jq -r .accessKey.accessKeyId ci.json)
        ${block(operations, "access-keys")}
        appmesh keys list > rotated.json
        `,
      );
      await run(script, { AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint });
      const keys = (file: string) =>
        JSON.parse(readFileSync(join(folder, file), "utf8")).accessKeys.map(
          ({ description, status }: { description: string; status: string }) => `${description} ${status}`,
        );
      assert.deepEqual(
        ["upgraded.json", "restored.json", "rotated.json"].map((file) => keys(file).sort()),
        [
          [" Active", "ci Active"],
          [" Active", "ci Active"],
          [" Active", "ci Active", "ci Revoked"],
        ],
      );
    } finally {
      await dynamoDb.close();
    }
  });

  it("bring a damaged record of a table back by an export, while control planes serve", async function () {
    const dynamoDb = await DynamoDbServer.start(this);
    try {
      const place = { table: "meshes", region: "us-east-1", endpoint: dynamoDb.endpoint };
      const damaged = "000000000000/mesh/shop/virtualNode/catalog";
      const damage = `
        import { DynamoStore } from "@pulumi-appmesh/control-plane/store/dynamodb-store.js";
        const store = await DynamoStore.open({ ...${JSON.stringify(place)}, follow: false });
        await store.commit(store.revision, [{ key: "${damaged}", value: "{" }]);
        await store.close();
      `;
      writeFileSync(join(folder, "damage.mjs"), damage);
      const script = at(
        await loopbackAddress(7071, 18001),
        `
        appmesh table create --table meshes
        appmesh serve --table meshes --api 127.0.0.1:7071 --xds 127.0.0.1:18001 > /dev/null &
        export APPMESH_ENDPOINT=http://127.0.0.1:7071
        ready $APPMESH_ENDPOINT
        ${mesh}
        "${process.execPath}" damage.mjs
        until curl -sf $APPMESH_ENDPOINT/readyz | grep '"unreadableRecords":1' >&2; do sleep 0.2; done
        n=2 damaged=${damaged}
        ${block(operations, "mend")}
        until curl -sf $APPMESH_ENDPOINT/readyz | grep '^{"status":"ready"}$' >&2; do sleep 0.2; done
        put /v20190125/meshes/shop/virtualNodes '{"virtualNodeName": "catalog", "spec": {}}'
        head -1 all.jsonl; grep catalog all.jsonl
        `,
      );
      const stdout = await run(script, { AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint });
      const [line = "", record] = stdout.trimEnd().split("\n").slice(-2);
      assert.equal(JSON.parse(line).records, 2);
      assert.deepEqual(JSON.parse(record ?? ""), { key: damaged, text: "{" });
    } finally {
      await dynamoDb.close();
    }
  });

  it("replace what a proxy proves who it is by, and the API's certificate", async () => {
    const authority = await TestAuthority.make();
    const address = await loopbackAddress(7071, 18001);
    for (const [name, suffix] of [
      ["first", ""],
      ["second", ".new"],
    ] as const) {
      const { chain, key } = await authority.issue({ commonName: name, names: [address] });
      writeFileSync(join(folder, `server.pem${suffix}`), chain);
      writeFileSync(join(folder, `server-key.pem${suffix}`), key, { mode: 0o600 });
    }
    const script = at(
      address,
      `
      export APPMESH_ENDPOINT=https://127.0.0.1:7071 CURL_CA_BUNDLE=${authority.certificateFile} NODE_EXTRA_CA_CERTS=${authority.certificateFile}
      appmesh serve --data ./data --api 127.0.0.1:7071 --xds 127.0.0.1:18001 --tls-cert server.pem --tls-key server-key.pem > /dev/null & server=$!
      ready $APPMESH_ENDPOINT
      ${mesh}
      appmesh identities issue --mesh shop --node catalog --out ./catalog > identity.json
      old=$(jq -r .identity.identityId identity.json)
      ${block(operations, "identities")}
      appmesh identities list --mesh shop > identities.json
      shown() { openssl s_client -connect 127.0.0.1:7071 </dev/null 2>/dev/null | openssl x509 -noout -subject; }
      shown >&2
      ${block(operations, "server-certificate")}
      until shown | grep second >&2; do sleep 0.2; done
      `,
    );
    await run(script);
    const { identities } = JSON.parse(readFileSync(join(folder, "identities.json"), "utf8"));
    assert.deepEqual(
      identities.map(({ revokedAt }: { revokedAt?: number }) => revokedAt !== undefined).sort(),
      [false, true],
    );
  });

  it("bring the key of an authority to AWS KMS", async () => {
    const aws = await AuthorityAws.start();
    try {
      const place = /place=(\S+)/.exec(block(identity, "move-authority"))?.[1] ?? "";
      assert.equal(placeKind(place), "kms");
      const steps = block(identity, "move-authority").replaceAll(place, aws.kms.good);
      const [before = "", after = ""] = steps.split(/^# Each control plane is started again.*$/m);
      assert.notEqual(after, "");
      const serve = "appmesh serve --data ./data --api 127.0.0.1:7071 --xds 127.0.0.1:18001 > /dev/null";
      const script = at(
        await loopbackAddress(7071, 7072, 7073, 18001, 18002, 18003),
        `
        export APPMESH_ENDPOINT=http://127.0.0.1:7071
        ${serve} & server=$!
        ready $APPMESH_ENDPOINT
        appmesh identities create-authority --purpose workloads > /dev/null
        ${before}
        for id in $(appmesh identities authorities | jq -r '.authorities[] | .authorityId'); do
          test "$id" = "$old" || appmesh identities remove-authority "$id" > /dev/null
        done
        kill $server && wait $server
        ${serve} --authority workloads=$place & server=$!
        ready $APPMESH_ENDPOINT
        ${after}
        appmesh identities authorities > authorities.json
        `,
      );
      await run(script, aws.env);
      const { authorities } = JSON.parse(readFileSync(join(folder, "authorities.json"), "utf8"));
      assert.deepEqual(
        authorities.map(({ purpose, place: at, signs }: Record<string, unknown>) => [purpose, at, signs]),
        [["workloads", aws.kms.good, true]],
      );
    } finally {
      await aws.stop();
    }
  });

  it("find every place of an authority told, with the rights that it needs", () => {
    const rows = identity.split("<!-- places -->\n")[1]?.split("\n\n")[0]?.split("\n").slice(2) ?? [];
    const kinds = rows.map((row) => {
      const [place = "", , rights = ""] = row.slice(2).split(" | ");
      const example = place.replaceAll("`", "").replace(":…:", ":eu-central-1:111122223333:");
      return [placeKind(example), [...rights.matchAll(/`([a-z-]+:\w+)`/g)].map(([, right]) => right)];
    });
    assert.deepEqual(kinds, [
      ["files", []],
      ["secret", ["secretsmanager:GetSecretValue", "kms:Decrypt"]],
      ["kms", ["kms:GetPublicKey", "kms:Sign"]],
      [
        "private-ca",
        ["acm-pca:GetCertificateAuthorityCertificate", "acm-pca:IssueCertificate", "acm-pca:GetCertificate"],
      ],
    ]);
  });
});
