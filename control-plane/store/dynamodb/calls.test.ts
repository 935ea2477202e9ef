import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Calls, type TablePlace } from "./calls.js";

describe("What is told of a table that cannot be used", () => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE } = process.env;
  const own = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE };
  let server: Server;
  let answer: { readonly status: number; readonly body: object };
  let place: TablePlace;
  before(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: "AKIACALLS", AWS_SECRET_ACCESS_KEY: "secret" });
    delete process.env.AWS_PROFILE;
    server = createServer((_, response) => {
      response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.0" });
      response.end(JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    place = { table: "meshes", region: "eu-central-1", endpoint: `http://127.0.0.1:${port}` };
  });
  after(() => {
    for (const [name, value] of Object.entries(own)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    server.close();
  });

  /** What is said of a request that DynamoDB refuses so. */
  async function refused(name: string, message: string): Promise<string> {
    answer = { status: 400, body: { __type: `com.amazon.coral.service#${name}`, message } };
    return told(await Calls.open(place));
  }
  async function told(calls: Calls): Promise<string> {
    try {
      await calls.read((client, options) => client.describeTable({ TableName: calls.table }, options));
      return "";
    } catch (error) {
      return (error as Error).message;
    } finally {
      calls.close();
    }
  }
  const where = () => `the DynamoDB table meshes in eu-central-1 at ${place.endpoint}`;

  it("is how to make one that is not there, where it was looked for", async () => {
    assert.equal(
      await refused("ResourceNotFoundException", "Requested resource not found"),
      `${where()} does not exist, or is still being made or restored. Create it by appmesh table create --table meshes --region eu-central-1 --dynamodb-endpoint ` +
        `${place.endpoint}, or give another one, by --table NAME and --region REGION`,
    );
  });

  it("is what a role lacks, and where it says what one needs", async () => {
    const message =
      "User: arn:aws:iam::111122223333:role/mesh is not authorized to perform: dynamodb:GetItem";
    assert.equal(
      await refused("AccessDeniedException", message),
      `${where()} may not be used: ${message}. Allow this program's role what docs/replicas.md lists`,
    );
  });

  it("is that credentials have ended or are none of AWS's", async () => {
    for (const [name, message] of [
      ["ExpiredTokenException", "The security token included in the request is expired"],
      ["UnrecognizedClientException", "The security token included in the request is invalid."],
    ] as const) {
      assert.equal(
        await refused(name, message),
        `${where()} does not take this program's AWS credentials: ${message.replace(/\.$/, "")}. Give it others, by a role of the ` +
          "task or machine, or by AWS_PROFILE",
      );
    }
  });

  it("is why there are no credentials, and how to get some", async () => {
    const calls = await Calls.open(place);
    const said = (message: string) =>
      calls.unavailable(Object.assign(new Error(message), { name: "CredentialsProviderError" })).message;
    const none = "Could not load credentials from any providers";
    assert.equal(
      said(none),
      `${where()} cannot be asked without AWS credentials, and none were found. Give the task or machine a role, or set AWS_PROFILE`,
    );
    process.env.AWS_PROFILE = "prod";
    const ofProfile = said(none);
    delete process.env.AWS_PROFILE;
    assert.equal(
      ofProfile,
      `${where()} cannot be asked without AWS credentials, and none were found by AWS_PROFILE=prod. Give the task or machine a ` +
        "role, or set AWS_PROFILE to another one",
    );
    const login =
      "Token is expired. To refresh this SSO session run 'aws sso login' with the corresponding profile.";
    assert.equal(
      said(login),
      `${where()} cannot be asked without AWS credentials, which cannot be had: ${login.slice(0, -1)}`,
    );
    calls.close();
  });

  it("is where it was not reached", async () => {
    assert.equal(
      await told(await Calls.open({ ...place, endpoint: "http://127.0.0.1:1" })),
      "the DynamoDB table meshes in eu-central-1 at http://127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1. " +
        "Look whether this machine may connect there, and whether --region and the endpoint are right",
    );
  });
});
