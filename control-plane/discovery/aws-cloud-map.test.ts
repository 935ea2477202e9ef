import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { awsCloudMap } from "./aws-cloud-map.js";
import { type CloudMap, CloudMapError } from "./cloud-map.js";

const catalog = { namespaceName: "shop.internal", serviceName: "catalog" };

describe("AWS Cloud Map through AWS's SDK", () => {
  let server: Server;
  let endpoint: string;
  let cloudMap: CloudMap;
  let answer: { readonly status: number; readonly body: object } | undefined;
  const asked: { readonly target: unknown; readonly body: unknown }[] = [];
  const environment = { ...process.env };

  before(async () => {
    process.env.AWS_ACCESS_KEY_ID = "tests";
    process.env.AWS_SECRET_ACCESS_KEY = "tests";
    server = createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      const headers: IncomingHttpHeaders = request.headers;
      asked.push({ target: headers["x-amz-target"], body: JSON.parse(text) });
      if (answer === undefined) return;
      response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    cloudMap = awsCloudMap({ region: "eu-west-1", endpoint });
  });
  beforeEach(() => {
    asked.length = 0;
  });
  after(() => {
    process.env = environment;
    server.closeAllConnections();
    server.close();
  });

  it("tells the instances in the order of their ids, healthy or not", async () => {
    const attributes = { AWS_INSTANCE_IPV4: "10.0.0.1", version: "v1" };
    answer = {
      status: 200,
      body: {
        Instances: [
          { InstanceId: "b", HealthStatus: "UNHEALTHY", Attributes: attributes },
          { InstanceId: "a", HealthStatus: "HEALTHY", Attributes: {} },
          { InstanceId: "c", HealthStatus: "UNKNOWN" },
        ],
        InstancesRevision: 7,
      },
    };
    assert.deepEqual(await cloudMap.discover(catalog), {
      instances: [
        { id: "a", attributes: {}, healthy: true },
        { id: "b", attributes, healthy: false },
        { id: "c", attributes: {}, healthy: true },
      ],
      revision: 7,
      checked: true,
    });
    assert.deepEqual(asked, [
      {
        target: "Route53AutoNaming_v20170314.DiscoverInstances",
        body: {
          NamespaceName: "shop.internal",
          ServiceName: "catalog",
          HealthStatus: "ALL",
          MaxResults: 1000,
        },
      },
    ]);
  });

  it("tells whether Cloud Map checks their health", async () => {
    answer = { status: 200, body: { Instances: [{ InstanceId: "a", HealthStatus: "UNKNOWN" }] } };
    assert.deepEqual(await cloudMap.discover(catalog), {
      instances: [{ id: "a", attributes: {}, healthy: true }],
      revision: undefined,
      checked: false,
    });
  });

  it("asks for the revision alone", async () => {
    answer = { status: 200, body: { InstancesRevision: 8 } };
    assert.equal(await cloudMap.revision(catalog), 8);
    assert.deepEqual(asked, [
      {
        target: "Route53AutoNaming_v20170314.DiscoverInstancesRevision",
        body: { NamespaceName: "shop.internal", ServiceName: "catalog" },
      },
    ]);
  });

  const refusal = async (asking: CloudMap = cloudMap): Promise<string> => {
    const error = await asking.discover(catalog).then(
      () => undefined,
      (reason) => reason,
    );
    assert.ok(error instanceof CloudMapError);
    return error.message.replace(endpoint, "ENDPOINT");
  };
  const refuse = (type: string, status = 400) => {
    answer = { status, body: { __type: type, message: "the service's own words" } };
  };

  it("says what is not there, and what to do", async () => {
    refuse("NamespaceNotFound");
    assert.equal(
      await refusal(),
      "AWS Cloud Map has no namespace shop.internal at ENDPOINT: create it, or name the region by --region",
    );
    refuse("ServiceNotFound");
    assert.equal(
      await refusal(),
      "AWS Cloud Map has no service catalog in namespace shop.internal at ENDPOINT: create it",
    );
  });

  it("says what it may not, and what to do", async () => {
    refuse("AccessDeniedException");
    assert.equal(
      await refusal(),
      "AWS Cloud Map at ENDPOINT refuses to tell of service catalog in namespace shop.internal (AccessDeniedException): " +
        "allow the control plane's credentials servicediscovery:DiscoverInstances and " +
        "servicediscovery:DiscoverInstancesRevision",
    );
  });

  it("says so where there are no credentials", async () => {
    const keys = { ...process.env };
    delete process.env.AWS_ACCESS_KEY_ID;
    delete process.env.AWS_SECRET_ACCESS_KEY;
    Object.assign(process.env, {
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    });
    try {
      assert.equal(
        await refusal(awsCloudMap({ region: "eu-west-1", endpoint })),
        "service catalog in namespace shop.internal cannot be looked up in AWS Cloud Map without AWS credentials: give " +
          "the control plane a role, AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
      );
    } finally {
      process.env = keys;
    }
  });

  it("says so where there is no answer, or one that makes no sense", async () => {
    answer = undefined;
    assert.equal(
      await refusal(awsCloudMap({ region: "eu-west-1", endpoint, timeoutMillis: 50 })),
      "AWS Cloud Map at ENDPOINT does not answer for service catalog in namespace shop.internal",
    );
    assert.equal(
      await refusal(awsCloudMap({ region: "eu-west-1", endpoint: "http://127.0.0.1:1" })),
      "AWS Cloud Map at http://127.0.0.1:1 does not answer for service catalog in namespace shop.internal",
    );
    refuse("RequestLimitExceeded");
    assert.equal(
      await refusal(),
      "AWS Cloud Map at ENDPOINT does not tell of service catalog in namespace shop.internal: " +
        "RequestLimitExceeded: the service's own words",
    );
  });
});
