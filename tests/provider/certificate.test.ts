// The provider and a control plane that speaks HTTPS: whose certificate it believes, and what it says of others.
import assert from "node:assert/strict";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { HttpClient } from "@pulumi-appmesh/provider/client/http.js";
import { type IssueOptions, TestAuthority } from "../support/certificates.js";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { TestStack } from "./stack.js";

describe("the control plane's certificate", function () {
  this.timeout(180_000);
  let authority: TestAuthority;
  const running: ControlPlane[] = [];
  before(async () => {
    authority = await TestAuthority.make();
  });
  afterEach(async () => {
    for (const controlPlane of running.splice(0)) await controlPlane.stop();
  });

  async function serve(by: TestAuthority, options: IssueOptions = { names: ["127.0.0.1"] }): Promise<string> {
    const { chainFile, keyFile } = await by.issue({ usages: ["server"], ...options });
    const controlPlane = await startControlPlane({ args: ["--tls-cert", chainFile, "--tls-key", keyFile] });
    running.push(controlPlane);
    return controlPlane.api;
  }
  /** What comes of a request to it: "answered", or the error and the retries before it. */
  async function asked(endpoint: string, caCertificate?: string): Promise<string> {
    const client = new HttpClient({
      endpoint,
      region: "us-east-1",
      maxRetries: 3,
      ...(caCertificate && { caCertificate }),
    });
    const retries: string[] = [];
    try {
      const call = { method: "GET", path: "/v20190125/meshes" } as const;
      assert.deepEqual(await client.send(call, { onRetry: (text) => retries.push(text) }), { meshes: [] });
      return "answered";
    } catch (error) {
      return [...retries, (error as Error).message].join("\n");
    } finally {
      client.close();
    }
  }
  const untrusted = (endpoint: string, cause: string) =>
    `the certificate of the control plane at ${endpoint} is not trusted (${cause}). ` +
    `Set the provider's "caCertificate" (or APPMESH_CA_CERTIFICATE) to the certificate authority that signed it.`;

  it("is believed where the authority that signed it is, and no other", async () => {
    const endpoint = await serve(authority);
    assert.match(endpoint, /^https:/);
    const other = await TestAuthority.make("Another CA");
    assert.deepEqual(
      [
        await asked(endpoint, authority.certificate),
        await asked(endpoint),
        await asked(endpoint, other.certificate),
      ],
      [
        "answered",
        untrusted(endpoint, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
        untrusted(endpoint, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
      ],
    );
  });

  it("may be signed by an authority below the one that is believed", async () => {
    const endpoint = await serve(await authority.intermediate());
    assert.equal(await asked(endpoint, authority.certificate), "answered");
  });

  it("is refused when it is for another name, or its time is over", async () => {
    const elsewhere = await serve(authority, { names: ["mesh.example.com"] });
    const expired = await serve(authority, { names: ["127.0.0.1"], when: "expired" });
    assert.deepEqual(
      [await asked(elsewhere, authority.certificate), await asked(expired, authority.certificate)],
      [untrusted(elsewhere, "ERR_TLS_CERT_ALTNAME_INVALID"), untrusted(expired, "CERT_HAS_EXPIRED")],
    );
  });

  it("is named by pulumi up, with the way out, which works", async () => {
    const endpoint = await serve(authority);
    const program = async () => {
      new appmesh.Mesh("shop", { meshName: "shop" });
    };
    const doubtful = await TestStack.create({ APPMESH_ENDPOINT: endpoint });
    assert.deepEqual((await doubtful.up(program)).messages, [
      `cannot create mesh "shop": ${untrusted(endpoint, "UNABLE_TO_VERIFY_LEAF_SIGNATURE")}`,
    ]);
    const told = await TestStack.create({
      APPMESH_ENDPOINT: endpoint,
      APPMESH_CA_CERTIFICATE: authority.certificateFile,
    });
    const made = await told.up(program);
    assert.deepEqual([made.failure, made.messages], [undefined, []]);
    assert.deepEqual((await told.destroy()).messages, []);
  });
});
