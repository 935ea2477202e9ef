import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { runAppmesh, startControlPlane, temporaryFolder } from "../support/control-plane.js";

const anyPort = ["--api", "127.0.0.1:0", "--xds", "127.0.0.1:0"];

describe("appmesh serve does not start, and says why", function () {
  this.timeout(180_000);

  it("on a busy port", async () => {
    const busy = createServer().unref().listen(0, "127.0.0.1");
    await once(busy, "listening");
    const { port } = busy.address() as { port: number };
    const data = temporaryFolder();
    for (const [option, other] of [
      ["--api", "--xds"],
      ["--xds", "--api"],
    ] as const) {
      const args = [
        option,
        `127.0.0.1:${port}`,
        other,
        "127.0.0.1:0",
        "--data",
        data,
        "--log-level",
        "silent",
      ];
      assert.deepEqual(await runAppmesh("serve", args), {
        code: 1,
        stdout: "",
        stderr:
          `appmesh serve: cannot listen on 127.0.0.1:${port}: port ${port} is in use by another program. ` +
          `Stop that one, or give another port, by ${option} 127.0.0.1:0 for any free one\n`,
      });
    }
    busy.close();
  });

  it("on a data folder that another control plane has", async () => {
    const first = await startControlPlane();
    assert.deepEqual(await runAppmesh("serve", [...anyPort, "--data", first.data]), {
      code: 1,
      stdout: "",
      stderr:
        `appmesh serve: ${join(first.data, "appmesh.db")} is in use by another appmesh serve. ` +
        "Stop that one, or give another data folder, by --data DIR\n",
    });
    assert.equal((await first.call("PUT", "/v20190125/meshes", { meshName: "shop" })).status, 200);
    await first.stop();
  });

  it("on a data folder that cannot be written", async () => {
    const occupied = join(temporaryFolder(), "occupied");
    writeFileSync(occupied, "");
    const data = join(occupied, "data");
    assert.deepEqual(await runAppmesh("serve", [...anyPort, "--data", data]), {
      code: 1,
      stdout: "",
      stderr:
        `appmesh serve: the data folder ${data} cannot be used: ENOTDIR: not a directory, mkdir '${data}'. ` +
        "Give a folder that this user may create and write, by --data DIR\n",
    });
  });

  it("on a data file that is damaged", async () => {
    const data = temporaryFolder();
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, "appmesh.db"), "not a database, by any means\n".repeat(50));
    assert.deepEqual(await runAppmesh("serve", [...anyPort, "--data", data]), {
      code: 1,
      stdout: "",
      stderr:
        `appmesh serve: ${join(data, "appmesh.db")} is damaged (file is not a database). ` +
        "Put a backup in its place, or move it away to start with an empty store\n",
    });
  });

  it("with half an access key", async () => {
    const args = [...anyPort, "--data", temporaryFolder()];
    assert.deepEqual(await runAppmesh("serve", args, { env: { APPMESH_ACCESS_KEY_ID: "AKID" } }), {
      code: 1,
      stdout: "",
      stderr:
        "appmesh serve: APPMESH_ACCESS_KEY_ID is given without APPMESH_SECRET_ACCESS_KEY. Give both, or none\n",
    });
  });

  it("with secrets that nobody can show as they are", async () => {
    const args = [...anyPort, "--data", temporaryFolder()];
    const key = { APPMESH_ACCESS_KEY_ID: "AKID" };
    const cases: [NodeJS.ProcessEnv, string][] = [
      [
        { ...key, APPMESH_SECRET_ACCESS_KEY: "of-a-file-that-ends-with-a-line-break\n" },
        "APPMESH_SECRET_ACCESS_KEY begins or ends with white space, as what is read from a file may: leave the line break out",
      ],
      [
        { APPMESH_METRICS_TOKEN: " token" },
        "APPMESH_METRICS_TOKEN begins or ends with white space, as what is read from a file may: leave the line break out",
      ],
      [
        { APPMESH_METRICS_TOKEN: "two words" },
        "APPMESH_METRICS_TOKEN holds what no header can: give letters, digits and signs of ASCII, without white space",
      ],
    ];
    for (const [env, why] of cases) {
      const stderr = `appmesh serve: ${why}\n`;
      assert.deepEqual(await runAppmesh("serve", args, { env }), { code: 1, stdout: "", stderr });
    }
  });

  it("with xDS off this machine", async () => {
    const accessKey = { accessKeyId: "AKID", secretAccessKey: "secret" };
    const args = ["--api", "127.0.0.1:0", "--xds", "[::]:0", "--data", temporaryFolder()];
    assert.deepEqual(await runAppmesh("serve", args, { accessKey }), {
      code: 1,
      stdout: "",
      stderr:
        "appmesh serve: xDS at [::]:0 is refused without TLS: off this machine, proxies get their configuration and keys over " +
        "TLS, and prove who they are. Say --xds-tls-self-signed, or --xds-tls-cert FILE --xds-tls-key FILE; or keep it on this " +
        "machine by --xds 127.0.0.1:18000\n",
    });
  });

  it("with options that it does not know what to do with", async () => {
    const cases: [string[], string][] = [
      [
        ["--table", "the meshes"],
        "error: option '--table <name>' argument 'the meshes' is invalid. A DynamoDB table's name has 3 to 255 letters, digits, dots, hyphens and underscores.\n",
      ],
      [
        ["--notices", "127.0.0.1:0"],
        "appmesh serve: --notices is for control planes that share a table: give that too, by --table NAME\n",
      ],
      [
        ["--proxy-ca", "ca.pem"],
        "appmesh serve: --proxy-ca is given without TLS, over which alone proxies show certificates. Say --xds-tls-self-signed " +
          "too, or --xds-tls-cert FILE --xds-tls-key FILE\n",
      ],
      [
        ["--region", "EU (Frankfurt)"],
        "error: option '--region <region>' argument 'EU (Frankfurt)' is invalid. It must be a name of lowercase letters, digits and hyphens, such as eu-central-1.\n",
      ],
      [
        ["--metrics", "127.0.0.1:7070"],
        "appmesh serve: --api and --metrics are both 127.0.0.1:7070: give each a port of its own\n",
      ],
      [
        ["--api", "7070"],
        "error: option '--api <host:port>' argument '7070' is invalid. It must be of the form HOST:PORT, such as 127.0.0.1:7070 or [::1]:7070.\n",
      ],
      [
        ["--xds", "127.0.0.1:99999"],
        "error: option '--xds <host:port>' argument '127.0.0.1:99999' is invalid. It must be of the form HOST:PORT, such as 127.0.0.1:7070 or [::1]:7070.\n",
      ],
      [
        ["--account", "42"],
        "error: option '--account <id>' argument '42' is invalid. It must be twelve digits.\n",
      ],
    ];
    for (const [args, stderr] of cases) {
      assert.deepEqual(await runAppmesh("serve", args), { code: 1, stdout: "", stderr });
    }
  });
});
