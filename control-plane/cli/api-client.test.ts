import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { issueCertificate, makeAuthority } from "../identity/certificates.js";
import { callApi, readAuthority } from "./api-client.js";

const credentials = { accessKeyId: "AKID", secretAccessKey: "secret" };

describe("The client of the command line", () => {
  const servers: { close(): unknown }[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  async function listening(server: Server): Promise<number> {
    await once(server.listen(0, "127.0.0.1"), "listening");
    servers.push(server);
    return (server.address() as AddressInfo).port;
  }
  const answering = (status: number, body: string) => (_request: IncomingMessage, response: ServerResponse) =>
    response.writeHead(status).end(body);
  const at = (endpoint: string, more = {}) => ({
    endpoint,
    region: "eu-central-1",
    credentials,
    ca: undefined,
    ...more,
  });
  const says = (message: string) => ({ name: "ApiError", message });

  it("calls below the path of an endpoint that has one, as the provider does", async () => {
    const paths: (string | undefined)[] = [];
    const port = await listening(
      createServer((request, response) => {
        paths.push(request.url);
        response.end("{}");
      }),
    );
    for (const path of ["", "/", "/mesh", "/mesh/"])
      await callApi(at(`http://127.0.0.1:${port}${path}`), "GET", "/v1/proxies?meshName=shop");
    assert.deepEqual(
      paths,
      ["", "", "/mesh", "/mesh"].map((path) => `${path}/v1/proxies?meshName=shop`),
    );
  });

  it("signs what it sends, if it has a key, and gives what it is answered", async () => {
    const seen: {
      method: string | undefined;
      url: string | undefined;
      authorization: string;
      body: string;
    }[] = [];
    const port = await listening(
      createServer(async (request, response) => {
        let body = "";
        for await (const chunk of request) body += chunk;
        const { method, url, headers } = request;
        seen.push({ method, url, authorization: headers.authorization ?? "none", body });
        response.end('{"accessKeys":[]}');
      }),
    );
    const endpoint = `http://127.0.0.1:${port}`;
    assert.deepEqual(await callApi(at(endpoint), "POST", "/v1/access-keys", { description: "ä" }), {
      accessKeys: [],
    });
    assert.deepEqual(
      await callApi(at(`${endpoint}/`, { credentials: undefined }), "GET", "/v1/access-keys"),
      {
        accessKeys: [],
      },
    );
    const [signed, unsigned] = seen;
    assert.match(
      signed?.authorization ?? "",
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-central-1\/appmesh\/aws4_request, SignedHeaders=\S*host\S*, Signature=\w{64}$/,
    );
    assert.deepEqual(
      { ...signed, authorization: "" },
      { method: "POST", url: "/v1/access-keys", authorization: "", body: '{"description":"ä"}' },
    );
    assert.deepEqual(unsigned, { method: "GET", url: "/v1/access-keys", authorization: "none", body: "" });
  });

  it("says what it is told, and what to do without a key", async () => {
    const port = await listening(createServer(answering(403, '{"message":"the key is read-only"}')));
    const endpoint = `http://127.0.0.1:${port}`;
    await assert.rejects(callApi(at(endpoint), "GET", "/"), says("the key is read-only"));
    await assert.rejects(
      callApi(at(endpoint, { credentials: undefined }), "GET", "/"),
      says(
        `${endpoint} asks for an access key. Give one in APPMESH_ACCESS_KEY_ID and APPMESH_SECRET_ACCESS_KEY`,
      ),
    );
    const silent = `http://127.0.0.1:${await listening(createServer(answering(500, "{}")))}`;
    await assert.rejects(callApi(at(silent), "GET", "/"), says(`${silent} answers 500`));
    const other = `http://127.0.0.1:${await listening(createServer(answering(200, "<html>")))}`;
    await assert.rejects(
      callApi(at(other), "GET", "/"),
      says(`${other} answers 200, and not as a control plane does. Is it one?`),
    );
  });

  it("says why it cannot call, and the way out", async () => {
    const gone = createTcpServer();
    const nobody = `http://127.0.0.1:${await listening(gone)}`;
    gone.close();
    await assert.rejects(
      callApi(at(nobody), "GET", "/"),
      says(
        `${nobody} cannot be called: nothing listens there. Start appmesh serve, or name where it is, by --endpoint URL`,
      ),
    );
    // Not every command has another way.
    await assert.rejects(
      callApi({ ...at(nobody), orElse: "or take another way" }, "GET", "/"),
      says(
        `${nobody} cannot be called: nothing listens there. Start appmesh serve, or name where it is, by --endpoint URL, ` +
          "or take another way",
      ),
    );
    const plain = await listening(createServer(answering(200, "{}")));
    await assert.rejects(
      callApi(at(`https://127.0.0.1:${plain}`), "GET", "/"),
      says(
        `https://127.0.0.1:${plain} cannot be called: it does not speak HTTPS. Is it https:// where it should be http://?`,
      ),
    );
    assert.throws(
      () => readAuthority("/none/ca.pem"),
      says("the authority cannot be read: ENOENT: no such file or directory, open '/none/ca.pem'"),
    );
  });

  it("trusts the authority that it is given, and no other", async () => {
    const now = Date.now();
    const validity = { notBefore: new Date(now - 60_000), notAfter: new Date(now + 3_600_000) };
    const [authority, other] = [
      await makeAuthority("ours", validity),
      await makeAuthority("other", validity),
    ];
    const { certificate, key } = await issueCertificate(authority, {
      commonName: "test",
      names: ["127.0.0.1"],
      usages: ["server"],
      ...validity,
    });
    const secure = createTlsServer({ cert: certificate, key }, answering(200, "{}"));
    secure.on("tlsClientError", () => {});
    const port = await listening(secure);
    const endpoint = `https://127.0.0.1:${port}`;
    assert.deepEqual(await callApi(at(endpoint, { ca: authority.certificate }), "GET", "/"), {});
    for (const ca of [undefined, other.certificate]) {
      await assert.rejects(
        callApi(at(endpoint, { ca }), "GET", "/"),
        says(
          `${endpoint} cannot be called: its certificate is of no authority that this machine trusts. ` +
            "Give the authority's, by --ca FILE",
        ),
      );
    }
    await assert.rejects(callApi(at(`http://127.0.0.1:${port}`), "GET", "/"), {
      name: "ApiError",
      message: `http://127.0.0.1:${port} cannot be called: the connection was cut. Is it http:// where it should be https://?`,
    });
  });
});
