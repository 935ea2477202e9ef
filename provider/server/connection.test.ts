import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { resolveConnection } from "./connection.js";
import { type ObjectValue, Secret, UNKNOWN } from "./values.js";

const failures = (inputs: ObjectValue) => resolveConnection(inputs, {}).failures;
const defaults = { endpoint: "http://127.0.0.1:7070", region: "us-east-1", maxRetries: 4 };
const pem = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n";

describe("the provider's settings", () => {
  it("have defaults", () => {
    assert.deepEqual(resolveConnection({ version: "0.1.0" }, {}), { connection: defaults, failures: [] });
  });

  it("name a table in place of an endpoint, which one of the two the program says", () => {
    const { connection } = resolveConnection({ table: "meshes" }, { APPMESH_ENDPOINT: "http://elsewhere" });
    assert.deepEqual(connection, { ...defaults, endpoint: "http://elsewhere", table: "meshes" });
    const environment = { APPMESH_TABLE: "meshes" };
    assert.deepEqual(resolveConnection({}, environment).connection, { ...defaults, table: "meshes" });
    assert.deepEqual(resolveConnection({ endpoint: defaults.endpoint }, environment).connection, defaults);
    assert.deepEqual(failures({ table: "meshes", endpoint: defaults.endpoint }), [
      {
        property: "table",
        reason: "it was given beside endpoint; give the one by which the mesh is to be reached.",
      },
    ]);
    assert.deepEqual(failures({ table: "my meshes" }), [
      {
        property: "table",
        reason:
          '"my meshes" was given; the name of a DynamoDB table has 3 to 255 letters, digits, dots, hyphens and underscores.',
      },
    ]);
  });

  it("come from the program, and behind it from the environment", () => {
    const environment = {
      APPMESH_ENDPOINT: "https://mesh.example.com",
      APPMESH_REGION: "eu-west-1",
      APPMESH_ACCESS_KEY_ID: "AKID",
      APPMESH_SECRET_ACCESS_KEY: "secret",
      APPMESH_CA_CERTIFICATE: pem,
      APPMESH_MAX_RETRIES: "0",
    };
    const fromEnvironment = {
      endpoint: "https://mesh.example.com",
      region: "eu-west-1",
      maxRetries: 0,
      key: { accessKeyId: "AKID", secretAccessKey: "secret" },
      caCertificate: pem,
    };
    assert.deepEqual(resolveConnection({ region: "" }, environment), {
      connection: fromEnvironment,
      failures: [],
    });
    const inputs = { endpoint: "http://[::1]:7070/", secretAccessKey: new Secret("other"), maxRetries: 2 };
    assert.deepEqual(resolveConnection(inputs, environment), {
      connection: {
        ...fromEnvironment,
        endpoint: "http://[::1]:7070",
        maxRetries: 2,
        key: { accessKeyId: "AKID", secretAccessKey: "other" },
      },
      failures: [],
    });
  });

  it("make no connection while one is unknown, but are checked", () => {
    assert.deepEqual(resolveConnection({ endpoint: UNKNOWN }, {}), { failures: [] });
    assert.deepEqual(resolveConnection({ endpoint: UNKNOWN, maxRetries: 21 }, {}), {
      failures: [{ property: "maxRetries", reason: '"21" was given; an integer from 0 to 20 is allowed.' }],
    });
  });

  const refused: [ObjectValue, string, string][] = [
    [
      { endpoint: "mesh.example.com" },
      "endpoint",
      '"mesh.example.com" was given; an address such as http://127.0.0.1:7070 or https://mesh.example.com is expected.',
    ],
    [
      { endpoint: "http://me@mesh.example.com" },
      "endpoint",
      '"http://me@mesh.example.com" was given; a user name or password has no place in it; use accessKeyId and secretAccessKey.',
    ],
    [
      { endpoint: "http://mesh.example.com?a=b" },
      "endpoint",
      '"http://mesh.example.com?a=b" was given; it ends after the path; leave out what follows ? or #.',
    ],
    [
      { region: "US East" },
      "region",
      '"US East" was given; small letters, digits and hyphens are allowed, such as us-east-1.',
    ],
    [
      { accessKeyId: "AKID" },
      "secretAccessKey",
      "nothing was given; it is required with accessKeyId (or set APPMESH_SECRET_ACCESS_KEY).",
    ],
    [
      { secretAccessKey: "secret" },
      "accessKeyId",
      "nothing was given; it is required with secretAccessKey (or set APPMESH_ACCESS_KEY_ID).",
    ],
    [
      { caCertificate: "/nowhere/ca.pem" },
      "caCertificate",
      "it is neither PEM text nor a file that can be read (/nowhere/ca.pem: ENOENT).",
    ],
    [{ maxRetries: "many" }, "maxRetries", '"many" was given; an integer from 0 to 20 is allowed.'],
    [{ maxRetries: [1] }, "maxRetries", "an integer is expected."],
    [
      { endpont: "x" },
      "endpont",
      "it is not a setting of this provider; endpoint, table, region, accessKeyId, secretAccessKey, caCertificate, maxRetries, defaultTags are.",
    ],
  ];
  for (const [inputs, property, reason] of refused) {
    it(`refuse ${JSON.stringify(inputs)}`, () => assert.deepEqual(failures(inputs), [{ property, reason }]));
  }

  it("take no file for a certificate that holds none", () => {
    const manifest = fileURLToPath(new URL("../../package.json", import.meta.url));
    assert.deepEqual(failures({ caCertificate: manifest }), [
      {
        property: "caCertificate",
        reason: `the file ${manifest} holds no certificate; it must begin with -----BEGIN CERTIFICATE-----.`,
      },
    ]);
  });
});
