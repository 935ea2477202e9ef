import assert from "node:assert/strict";
import { Sha256 } from "@aws-crypto/sha256-js";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { AccessKeys } from "../identity/access-keys.js";
import { ACCOUNT, type Harness, meshHarness, own, REGION } from "../mesh/harness.test.support.js";
import { createApi } from "./server.js";
import { readClaim } from "./signature.js";

const NOW = Date.UTC(2026, 10, 23, 10, 15, 0);
const KEY = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };

interface Request {
  method: "GET" | "PUT" | "DELETE";
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body?: string;
}

interface Signing {
  key?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  region?: string;
  service?: string;
  date?: number;
}

describe("Signature Version 4", () => {
  let mesh: Harness;
  let api: FastifyInstance;
  before(async () => {
    mesh = await meshHarness();
    api = createApi({
      ...mesh,
      status: { unready: () => undefined, proxies: () => [] },
      account: ACCOUNT,
      region: REGION,
      accessKeys: await AccessKeys.open(mesh.store, { account: ACCOUNT, initial: KEY, now: () => NOW }),
      log: pino({ level: "silent" }),
      now: () => NOW,
    });
    await mesh.build(["mesh", ["shop"]]);
  });
  after(async () => {
    await api.close();
    await mesh.close();
  });

  const get = (path: string, query = {}): Request => ({
    method: "GET",
    path,
    query,
    headers: { host: "localhost:7070" },
  });
  const put = (path: string, body: object): Request => ({
    ...get(path),
    method: "PUT",
    headers: { host: "localhost:7070", "content-type": "application/json" },
    body: JSON.stringify(body),
  });

  async function sign(
    request: Request,
    { key = KEY, region = REGION, service = "appmesh", date = NOW }: Signing = {},
  ) {
    const signer = new SignatureV4({ credentials: key, region, service, sha256: Sha256 });
    const signed = await signer.sign(new HttpRequest(request), { signingDate: new Date(date) });
    return { ...request, headers: signed.headers };
  }

  async function send({ method, path, query, headers, body }: Request) {
    const search = new URLSearchParams(query).toString();
    const url = search === "" ? path : `${path}?${search}`;
    const response = await api.inject({ method, url, headers, ...(body !== undefined && { payload: body }) });
    const type = response.headers["x-amzn-errortype"];
    return type === undefined
      ? response.statusCode
      : { status: response.statusCode, type, message: response.json().message };
  }

  const mismatch = {
    status: 403,
    type: "InvalidSignatureException",
    message:
      "The request signature we calculated does not match the signature you provided. " +
      "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
  };
  const incomplete = (message: string) => ({ status: 403, type: "IncompleteSignatureException", message });
  const invalid = (message: string) => ({ status: 403, type: "InvalidSignatureException", message });
  const unknown = {
    status: 403,
    type: "UnrecognizedClientException",
    message: "The security token included in the request is invalid.",
  };

  it("lets rightly signed requests through", async () => {
    assert.equal(await send(await sign(get("/v20190125/meshes"))), 200);
    assert.equal(
      await send(await sign(get("/v20190125/meshes/shop/virtualNodes", { limit: "5", meshOwner: ACCOUNT }))),
      200,
    );
    const name = "größe & 100% *.local";
    const nodes = "/v20190125/meshes/shop/virtualServices";
    assert.equal(await send(await sign(put(nodes, { virtualServiceName: name, spec: {} }))), 200);
    assert.equal(await send(await sign(get(`${nodes}/${encodeURIComponent(name)}`))), 200);
    assert.equal(
      await send(await sign({ ...get(`${nodes}/${encodeURIComponent(name)}`), method: "DELETE" })),
      200,
    );
  });

  it("lets clocks be five minutes apart, and no more", async () => {
    const minute = 60_000;
    for (const date of [NOW - 5 * minute, NOW + 5 * minute])
      assert.equal(await send(await sign(get("/v1/proxies"), { date })), 200);
    assert.deepEqual(
      await send(await sign(get("/v1/proxies"), { date: NOW - 5 * minute - 1000 })),
      invalid(
        "Signature expired: 20261123T100959Z is more than 5 min. away from 20261123T101500Z, which it is here.",
      ),
    );
    assert.deepEqual(
      await send(await sign(get("/v1/proxies"), { date: NOW + 5 * minute + 1000 })),
      invalid(
        "Signature not yet current: 20261123T102001Z is more than 5 min. away from 20261123T101500Z, which it is here.",
      ),
    );
  });

  it("refuses what is not signed, everywhere but where health is asked for", async () => {
    const missing = {
      status: 403,
      type: "MissingAuthenticationTokenException",
      message: "Missing Authentication Token",
    };
    for (const path of ["/v20190125/meshes", "/v1/proxies", "/no/such/operation", "/healthz/", "//healthz"]) {
      assert.deepEqual(await send(get(path)), missing, path);
    }
    for (const path of ["/healthz", "/readyz"]) assert.equal(await send(get(path)), 200);
  });

  it("refuses what was changed after it was signed", async () => {
    const body = { virtualNodeName: "a", spec: {} };
    const signed = await sign(put("/v20190125/meshes/shop/virtualNodes", body));
    const changed: [string, Request][] = [
      ["method", { ...signed, method: "DELETE" }],
      ["path", { ...signed, path: "/v20190125/meshes/shop/virtualRouters" }],
      ["query", { ...signed, query: { meshOwner: ACCOUNT } }],
      [
        "body",
        {
          ...signed,
          headers: without(signed.headers, "x-amz-content-sha256"),
          body: signed.body?.replace("a", "b") ?? "",
        },
      ],
      ["signed header", { ...signed, headers: { ...signed.headers, host: "localhost:7071" } }],
      [
        "signature",
        {
          ...signed,
          headers: { ...signed.headers, authorization: flipped(signed.headers.authorization ?? "") },
        },
      ],
    ];
    for (const [what, request] of changed) assert.deepEqual(await send(request), mismatch, what);
    assert.equal(
      mesh.operations.list(own, "virtualNode", { kind: "mesh", meshOwner: ACCOUNT, names: ["shop"] }, {})
        .items.length,
      0,
    );
  });

  it("refuses whatever differs by a character from what was signed", async () => {
    const body = { meshName: "altered", spec: { egressFilter: { type: "ALLOW_ALL" } } };
    const signed = await sign({ ...put("/v20190125/meshes", body), query: { meshOwner: ACCOUNT } });
    const { authorization = "", host = "", ...rest } = signed.headers;
    const date = rest["x-amz-date"] ?? "";
    const url = `${signed.path}?meshOwner=${ACCOUNT}`;
    const parts = { authorization, host, date, url, body: signed.body ?? "" };
    const change = fc
      .record({
        part: fc.constantFrom(...(Object.keys(parts) as (keyof typeof parts)[])),
        at: fc.nat(),
        how: fc.constantFrom("replaced", "left out", "doubled"),
        by: fc.stringMatching(/^[!-~]$/),
      })
      .map(({ part, at, how, by }) => {
        const text = parts[part];
        const place = at % text.length;
        const instead = { replaced: by, "left out": "", doubled: text.charAt(place).repeat(2) }[
          how
        ] as string;
        return { part, text: text.slice(0, place) + instead + text.slice(place + 1) };
      });
    const sent = async (changed: typeof parts) => {
      const response = await api.inject({
        method: "PUT",
        url: changed.url,
        headers: {
          ...rest,
          authorization: changed.authorization,
          host: changed.host,
          "x-amz-date": changed.date,
        },
        payload: changed.body,
      });
      return response.statusCode;
    };
    // Spaces between the parts of an authorization say nothing; paths are resolved before they are sent.
    const meaning = (part: keyof typeof parts, text: string) =>
      part === "authorization"
        ? text.replaceAll(" ", "")
        : part === "url"
          ? URL.parse(text, "http://localhost")?.href
          : text;
    const before = (await mesh.store.load()).revision;
    await fc.assert(
      fc.asyncProperty(change, async ({ part, text }) => {
        fc.pre(meaning(part, text) !== meaning(part, parts[part]));
        const status = await sent({ ...parts, [part]: text });
        assert.ok(status === 403 || status === 400, `${part} '${text}': ${status}`);
      }),
      { numRuns: 500 },
    );
    assert.equal((await mesh.store.load()).revision, before);
    assert.equal(await sent(parts), 200);
  });

  it("refuses a body that is another than its hash, and one that is said to be unsigned", async () => {
    const signed = await sign(put("/v20190125/meshes", { meshName: "a" }));
    const wrong = invalid(
      "The provided 'x-amz-content-sha256' header does not match what was computed from the body.",
    );
    assert.deepEqual(await send({ ...signed, body: JSON.stringify({ meshName: "b" }) }), wrong);
    const unsigned = put("/v20190125/meshes", { meshName: "a" });
    unsigned.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD";
    assert.deepEqual(
      await send(await sign(unsigned)),
      invalid(
        "'x-amz-content-sha256' is 'UNSIGNED-PAYLOAD': a body must be signed whole, and sent in one piece.",
      ),
    );
    const chunked = put("/v20190125/meshes", { meshName: "a" });
    chunked.headers["x-amz-content-sha256"] = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    assert.deepEqual(
      await send(await sign(chunked)),
      invalid(
        "'x-amz-content-sha256' is 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': a body must be signed whole, and sent in one piece.",
      ),
    );
  });

  it("refuses presigned URLs, and says how to sign", async () => {
    const signer = new SignatureV4({ credentials: KEY, region: REGION, service: "appmesh", sha256: Sha256 });
    const presigned = await signer.presign(new HttpRequest(get("/v20190125/meshes")), {
      signingDate: new Date(NOW),
    });
    assert.deepEqual(
      await send({ ...get("/v20190125/meshes"), query: presigned.query as Record<string, string> }),
      incomplete(
        "Presigned URLs are not served: sign the request in its Authorization header, as the AWS SDKs and the AWS CLI do.",
      ),
    );
  });

  it("refuses paths that mean another one to the signature than to the router", async () => {
    const signed = await sign({ ...get("/v20190125/meshes/shop"), method: "DELETE" });
    for (const path of [
      "/v20190125/meshes/shop/virtualNodes/..",
      "/v20190125//meshes/shop",
      "/./v20190125/meshes/shop",
      "/v20190125/meshes/shop/.",
      "/v20190125/meshes/x/../shop",
    ]) {
      // Straight to the reading of the claim: clients resolve such paths before they send them.
      assert.throws(() => readClaim({ ...signed, path }, REGION, NOW), {
        name: "ProtocolError",
        status: 403,
        code: "IncompleteSignatureException",
        message: `The path '${path}' must be signed and sent without empty, '.' and '..' parts.`,
      });
    }
    assert.equal(await send(await sign(get("/v20190125/meshes/shop"))), 200);
  });

  it("refuses keys that it does not know, other secrets, and session tokens", async () => {
    assert.deepEqual(
      await send(await sign(get("/v1/proxies"), { key: { ...KEY, accessKeyId: "AKIDOTHER" } })),
      unknown,
    );
    assert.deepEqual(
      await send(await sign(get("/v1/proxies"), { key: { ...KEY, secretAccessKey: "other" } })),
      mismatch,
    );
    assert.deepEqual(
      await send(await sign(get("/v1/proxies"), { key: { ...KEY, sessionToken: "token" } })),
      unknown,
    );
  });

  it("refuses signatures for another region or service", async () => {
    assert.deepEqual(
      await send(await sign(get("/v1/proxies"), { region: "us-west-2" })),
      invalid(
        `Credential should be scoped to a valid region, not 'us-west-2': this control plane serves '${REGION}'.`,
      ),
    );
    assert.deepEqual(
      await send(await sign(get("/v1/proxies"), { service: "s3" })),
      invalid("Credential should be scoped to correct service: 'appmesh'."),
    );
  });

  it("refuses signatures that leave out what must be signed", async () => {
    const signed = await sign(get("/v1/proxies"));
    const authorization = signed.headers.authorization ?? "";
    const { "x-amz-date": date, ...undated } = signed.headers;
    const cases: [Record<string, string>, string][] = [
      [
        { ...signed.headers, authorization: authorization.replace("host;", "") },
        "'host' must be a 'SignedHeader' in the Authorization header.",
      ],
      [
        { ...signed.headers, authorization: authorization.replace(";x-amz-date", "") },
        "'x-amz-date' must be a 'SignedHeader' in the Authorization header.",
      ],
      [
        undated,
        "X-Amz-Date must be of the form '20261123T235959Z', on the day of the credential scope; it is 'undefined'.",
      ],
      [
        { ...signed.headers, "x-amz-date": String(date).replace("20261123", "20261122") },
        "X-Amz-Date must be of the form '20261123T235959Z', on the day of the credential scope; it is '20261122T101500Z'.",
      ],
      [
        { ...signed.headers, "x-amz-date": "20261123T991500Z" },
        "X-Amz-Date must be of the form '20261123T235959Z', on the day of the credential scope; it is '20261123T991500Z'.",
      ],
    ];
    for (const [headers, message] of cases)
      assert.deepEqual(await send({ ...signed, headers }), incomplete(message));
  });

  it("refuses authorizations that are none", async () => {
    const form = incomplete(
      "Authorization header requires the form 'AWS4-HMAC-SHA256 Credential=KEY/DAY/REGION/appmesh/aws4_request, SignedHeaders=..., Signature=...'.",
    );
    const { headers } = await sign(get("/v1/proxies"));
    const right = headers.authorization ?? "";
    for (const authorization of [
      "Basic YTpi",
      "AWS4-HMAC-SHA256",
      right.slice(0, -1),
      right.replace("AWS4-HMAC", "AWS4-ECDSA"),
      `${right}0`,
      right.replace("Credential", "credential"),
      "x".repeat(8000),
    ]) {
      assert.deepEqual(
        await send({ ...get("/v1/proxies"), headers: { ...headers, authorization } }),
        form,
        authorization.slice(0, 80),
      );
    }
  });
});

const without = (headers: Record<string, string>, name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([header]) => header !== name));
const flipped = (authorization: string): string =>
  authorization.slice(0, -1) + (authorization.endsWith("0") ? "1" : "0");
