import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LoggingFormat, PortProtocol } from "@pulumi-appmesh/model";
import { callAt } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { heard } from "../support/redirected.js";
import { until } from "../support/sidecar.js";
import { explicit, nodeAt, provided, Started } from "./mesh.js";

describe("the access log", function () {
  this.timeout(180_000);
  const started = new Started();
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "appmesh-log-"));
  });
  afterEach(async () => {
    await started.end();
    rmSync(folder, { recursive: true });
  });

  /** What is written when the application is called once. */
  const written = async (format?: LoggingFormat, protocol: PortProtocol = "http"): Promise<string> => {
    const app = protocol === "tcp" ? await started.greeting("hello\n") : await started.server("app");
    const address = await loopbackAddress(8080);
    const path = join(folder, "access.log");
    const document = provided({
      ...nodeAt(8080, protocol, {}, address),
      logging: { accessLog: { file: { path, ...(format ? { format } : {}) } } },
    });
    const proxy = await started.envoy(explicit(document, "catalog", address, { "8080": app.port }));
    if (protocol === "tcp") await heard(connect(8080, address), "\n");
    else await callAt(`${address}:8080`, "/stars", { headers: { host: "catalog.local" } });
    await until(async () => {
      await proxy.admin("/reopen_logs", "POST");
      return readFileSync(path, "utf8") !== "";
    });
    return readFileSync(path, "utf8");
  };

  // Shows: virtualNode.logging.accessLog.file.path
  it("is written in Envoy's format where nothing else is said", async () => {
    assert.match(
      await written(),
      /^\[\d{4}-.*Z\] "GET \/stars HTTP\/1\.1" 200 - .* "catalog\.local" "127\.0\.0\.1:\d+"\n$/,
    );
  });

  // Shows: virtualNode.logging.accessLog.file.format.text
  it("is written as text", async () => {
    assert.equal(
      await written({ text: "%REQ(:METHOD)% %REQ(X-PATH?:PATH):4% %RESPONSE_CODE% 100%%\n" }),
      "GET /sta 200 100%\n",
    );
  });

  // Shows: virtualNode.logging.accessLog.file.format.json[].{key,value}
  it("is written as JSON, without the members that Envoy would refuse", async () => {
    const line = await written({
      json: [
        { key: "path", value: "%REQ(:PATH)%" },
        { key: "code", value: "%RESPONSE_CODE%" },
        { key: "wrong", value: "%NO_SUCH_THING%" },
      ],
    });
    assert.deepEqual(JSON.parse(line), { path: "/stars", code: 200 });
  });

  it("is written of TCP connections too", async () => {
    assert.equal(
      await written({ text: "%BYTES_SENT% bytes from %UPSTREAM_CLUSTER%\n" }, "tcp"),
      "6 bytes from cds_ingress_shop_catalog_tcp_8080\n",
    );
  });
});
