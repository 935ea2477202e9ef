import assert from "node:assert/strict";
import { type ObjectValue, UNKNOWN } from "../../server/values.js";
import { checkComponent } from "../check.js";
import { appMeshController } from "./controller-args.js";

const good: ObjectValue = {
  region: "eu-west-1",
  accountId: "111122223333",
  accessKey: { accessKeyId: "AKID", secretAccessKey: "secret" },
};
const check = (inputs: ObjectValue) => checkComponent(appMeshController, { ...good, ...inputs });
const refused = (inputs: ObjectValue, property: string, reason: string) =>
  assert.deepEqual(check(inputs), [{ property, reason }]);
const { accessKey: _, ...withoutKey } = good;

describe("the inputs of AppMeshController", () => {
  it("may be few, and not known yet", () => {
    assert.deepEqual(check({}), []);
    assert.deepEqual(
      check({
        region: UNKNOWN,
        accountId: UNKNOWN,
        controlPlane: { address: UNKNOWN, caCertificate: UNKNOWN },
        accessKey: { accessKeyId: UNKNOWN, secretAccessKey: UNKNOWN },
        injection: { xdsEndpoint: UNKNOWN, namespaces: { shop: { labels: UNKNOWN } } },
        values: UNKNOWN,
      }),
      [],
    );
    assert.deepEqual(
      checkComponent(appMeshController, { ...withoutKey, identity: { podIdentity: { clusterName: "c" } } }),
      [],
    );
    assert.deepEqual(
      check({ chart: { chart: "oci://registry.example/charts/appmesh-controller", version: "1.13.3" } }),
      [],
    );
    assert.deepEqual(check({ chart: { chart: "./charts/appmesh-controller" } }), []);
  });

  it("must let the controller sign its requests", () => {
    assert.deepEqual(checkComponent(appMeshController, withoutKey), [
      {
        property: "accessKey",
        reason:
          "nothing was given, and no identity: the controller could sign no request. Give accessKey, one that the control plane knows, or on EKS identity.",
      },
    ]);
    refused(
      { accessKey: { accessKeyId: "AKID" } },
      "accessKey.secretAccessKey",
      "nothing was given; it is required with accessKeyId.",
    );
    refused(
      { accessKey: { secretName: "key", secretAccessKey: "secret" } },
      "accessKey.secretAccessKey",
      "it was given beside secretName; the Secret that is named has it.",
    );
    refused(
      { identity: { podIdentity: { clusterName: "c" } } },
      "identity",
      "it was given beside accessKey: the controller signs all its requests by one of them, and a key of the control plane is nothing " +
        "to AWS Cloud Map. Leave identity out, and let Kubernetes' DNS find the pods: virtual nodes with serviceDiscovery.dns. " +
        "Services in Cloud Map, such as those on ECS, are found by the control plane's own role all the same.",
    );
    assert.deepEqual(
      checkComponent(appMeshController, { ...withoutKey, identity: { serviceAccountRole: {} } }),
      [
        {
          property: "identity.serviceAccountRole",
          reason:
            "it names neither a role nor an OIDC provider; give oidcProviderArn, so that a role is made, or roleArn.",
        },
      ],
    );
  });

  it("may trace by OpenTelemetry where proxies can be told", () => {
    const injection = { xdsEndpoint: "xds.internal:443", namespaces: { shop: {} } };
    const address = "collector.observability";
    assert.deepEqual(check({ tracing: { provider: "opentelemetry", address }, injection }), []);
    assert.deepEqual(check({ tracing: { provider: "opentelemetry", address: UNKNOWN }, injection }), []);
    refused(
      { tracing: { provider: "opentelemetry" }, injection },
      "tracing.address",
      "nothing was given; the collector's host is required with opentelemetry.",
    );
    refused(
      { tracing: { provider: "opentelemetry", address } },
      "tracing.provider",
      '"opentelemetry" was given without injection: AWS\'s controller does not know it, and only proxies of prepared namespaces are told. ' +
        "Give injection.namespaces, or x-ray, jaeger or datadog.",
    );
    refused(
      { tracing: { provider: UNKNOWN } },
      "tracing.provider",
      "a value that is not known yet was given; it decides what is made, and must be known before.",
    );
  });

  it("must lead to the control plane", () => {
    refused(
      { controlPlane: { address: "appmesh.internal" } },
      "controlPlane.address",
      '"appmesh.internal" was given; an IP address is allowed, since pods resolve a name to it by themselves. For a host name leave ' +
        "it out and let DNS lead there: an alias of that name for appmesh.<region>.amazonaws.com.",
    );
    refused(
      { injection: { xdsEndpoint: "https://xds.internal", namespaces: { shop: {} } } },
      "injection.xdsEndpoint",
      '"https://xds.internal" was given; a string of a host name and a port, such as xds.shop.internal:443 is allowed.',
    );
    assert.deepEqual(check({ controlPlane: { image: "registry.example/appmesh:1.0" } }), []);
    assert.deepEqual(check({ controlPlane: { image: UNKNOWN } }), []);
    refused(
      { controlPlane: { image: "appmesh" } },
      "controlPlane.image",
      '"appmesh" was given; an image with a tag or a digest is allowed, as appmesh:1.0 or appmesh@sha256:…, so that all pods run the same.',
    );
    refused(
      { controlPlane: { caCertificate: "ca.pem" } },
      "controlPlane.caCertificate",
      '"ca.pem" was given; a string of at least 1 character in PEM is allowed.',
    );
  });

  it("must tell where the chart is", () => {
    refused(
      { chart: { chart: "oci://registry.example/charts/appmesh-controller" } },
      "chart.version",
      "nothing was given; it is required for an OCI reference, whose newest version would be taken else, another one each time.",
    );
    refused(
      { chart: { chart: "./chart", repository: "https://charts.example" } },
      "chart.repository",
      'it was given beside the chart "./chart", which is in no repository; leave it out.',
    );
  });

  it("must name namespaces that can wait for the controller", () => {
    const injection = (name: string): ObjectValue => ({
      injection: { xdsEndpoint: "xds.internal:443", namespaces: { [name]: {} } },
    });
    refused(
      injection("appmesh-system"),
      "injection.namespaces.appmesh-system",
      "the controller itself is there: its pods would wait for a proxy that only it can give.",
    );
    refused(
      injection("kube-system"),
      "injection.namespaces.kube-system",
      "what the cluster itself runs on is there; no proxy may stand before it.",
    );
    refused(
      injection("Shop"),
      "injection.namespaces.Shop",
      'no namespace can be called so; lower case letters, digits and "-" are allowed.',
    );
    refused(
      { namespace: "mesh", ...injection("mesh") },
      "injection.namespaces.mesh",
      "the controller itself is there: its pods would wait for a proxy that only it can give.",
    );
  });

  it("must leave to the component what the component says", () => {
    refused({ values: ["a"] }, "values", "an object is allowed, as in a file of values.");
    refused(
      { values: { region: "us-east-1" } },
      "values.region",
      "the component's own input says it: use region.",
    );
    refused(
      { values: { fullnameOverride: "x" } },
      "values.fullnameOverride",
      "the component knows the chart's objects by their names; leave it out.",
    );
    const pem = "-----BEGIN X-----\nMII=\n-----END X-----\n";
    refused(
      {
        values: { enableCertManager: true },
        webhookCertificate: { caCertificate: pem, certificate: pem, privateKey: pem },
      },
      "webhookCertificate",
      "it was given, and values.enableCertManager lets cert-manager make one; leave one of them out.",
    );
    refused({ controller: "native" }, "controller", '"native" was given; "aws" is allowed.');
  });
});
