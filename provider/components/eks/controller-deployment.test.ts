import assert from "node:assert/strict";
import { merged } from "./chart-values.js";
import { apiHost, type ControllerPods, OtherShape, pointed, trusting } from "./controller-deployment.js";

const pods: ControllerPods = {
  host: "appmesh.eu-west-1.amazonaws.com",
  address: "10.0.0.10",
  authorities: { configMap: "authorities", digest: "a1" },
  accessKey: { secret: "key", digest: "b2" },
};
const deployment = (containers: unknown[], pod: object = {}, metadata: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "appmesh-controller" },
  spec: { replicas: 2, template: { metadata, spec: { serviceAccountName: "a", ...pod, containers } } },
});

describe("the chart's Deployment, pointed at a control plane", () => {
  it("keeps all that it had, and puts what it is told in the place of the same", () => {
    const before = deployment(
      [
        {
          name: "controller",
          image: "controller:1",
          env: [
            { name: "AWS_CA_BUNDLE", value: "/other" },
            { name: "http_proxy", value: "p" },
          ],
          volumeMounts: [{ name: "cert", mountPath: "/cert" }],
        },
        { name: "other", image: "other:1" },
      ],
      { volumes: [{ name: "cert" }], hostAliases: [{ ip: "10.0.0.1", hostnames: ["other"] }] },
      { annotations: { own: "1" } },
    );
    const copy = structuredClone(before);
    const fromSecret = (key: string) => ({ secretKeyRef: { name: "key", key } });
    assert.deepEqual(
      pointed(before, pods),
      deployment(
        [
          {
            name: "controller",
            image: "controller:1",
            env: [
              { name: "http_proxy", value: "p" },
              { name: "AWS_CA_BUNDLE", value: "/etc/appmesh-control-plane/authorities.pem" },
              { name: "AWS_ACCESS_KEY_ID", valueFrom: fromSecret("accessKeyId") },
              { name: "AWS_SECRET_ACCESS_KEY", valueFrom: fromSecret("secretAccessKey") },
            ],
            volumeMounts: [
              { name: "cert", mountPath: "/cert" },
              { name: "appmesh-control-plane", mountPath: "/etc/appmesh-control-plane", readOnly: true },
            ],
          },
          { name: "other", image: "other:1" },
        ],
        {
          volumes: [{ name: "cert" }, { name: "appmesh-control-plane", configMap: { name: "authorities" } }],
          hostAliases: [
            { ip: "10.0.0.1", hostnames: ["other"] },
            { ip: "10.0.0.10", hostnames: ["appmesh.eu-west-1.amazonaws.com"] },
          ],
        },
        { annotations: { own: "1", "pulumi-appmesh/authorities": "a1", "pulumi-appmesh/access-key": "b2" } },
      ),
    );
    assert.deepEqual(before, copy, "what was given is left as it was");
  });

  it("is left as it is where DNS, public authorities and the pods' role do", () => {
    const bare = { host: "h", address: undefined, authorities: undefined, accessKey: undefined };
    const before = deployment([{ name: "controller" }]);
    assert.deepEqual(
      pointed(before, bare),
      deployment([{ name: "controller", env: [] }], {}, { annotations: {} }),
    );
  });

  it("is refused where it has another shape", () => {
    const text = (names: string) =>
      `the chart's Deployment "appmesh-controller" has ${names}; one that is called "controller" is needed, which is pointed at the control plane. ` +
      "Use the version of the chart for which the component is made, or one of the same shape.";
    const refused = (containers: unknown[], names: string) =>
      assert.throws(() => pointed(deployment(containers), pods), new OtherShape(text(names)));
    refused([], "no container");
    refused([{ name: "manager" }, { name: "proxy" }], 'the containers "manager", "proxy"');
    refused([{ name: "controller" }, { name: "controller" }], 'the containers "controller", "controller"');
    assert.throws(() => pointed({}, pods), OtherShape);
  });

  it("calls the host of its region", () => {
    assert.equal(apiHost("eu-west-1"), "appmesh.eu-west-1.amazonaws.com");
    assert.equal(apiHost("cn-north-1"), "appmesh.cn-north-1.amazonaws.com.cn");
  });
});

describe("a webhook configuration of the chart", () => {
  it("trusts another authority, and is else the same", () => {
    const webhook = (name: string, caBundle: string) => ({
      name,
      clientConfig: { service: { name: "s" }, caBundle },
    });
    assert.deepEqual(trusting({ kind: "K", webhooks: [webhook("a", "x"), webhook("b", "y")] }, "own"), {
      kind: "K",
      webhooks: [webhook("a", "own"), webhook("b", "own")],
    });
  });
});

describe("the chart's values", () => {
  it("are the component's over the program's, member by member", () => {
    const output = { __pulumiOutput: true };
    assert.deepEqual(
      merged(
        {
          sidecar: { logLevel: "warn", image: { tag: "1" } },
          kept: [1],
          replicaCount: 3,
          image: { tag: "a" },
        },
        {
          sidecar: { image: { tag: "2", repository: "r" } },
          replicaCount: undefined,
          region: "r",
          image: output,
        },
      ),
      {
        sidecar: { logLevel: "warn", image: { tag: "2", repository: "r" } },
        kept: [1],
        replicaCount: 3,
        region: "r",
        image: output,
      },
    );
  });
});
