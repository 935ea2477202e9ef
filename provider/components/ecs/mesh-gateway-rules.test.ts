import assert from "node:assert/strict";
import { type ObjectValue, UNKNOWN } from "../../server/values.js";
import { checkComponent } from "../check.js";
import { speech } from "./gateway-balancer.js";
import { meshGateway } from "./mesh-gateway-args.js";

const certificateArn = "arn:aws:acm:eu-west-1:123456789012:certificate/c";
const listener = (protocol: string, port = 8080, more: ObjectValue = {}): ObjectValue => ({
  portMapping: { port, protocol },
  ...more,
});
const whole: ObjectValue = {
  meshName: "shop",
  clusterArn: "arn:aws:ecs:eu-west-1:123456789012:cluster/shop",
  vpcId: "vpc-1",
  subnetIds: ["subnet-1", "subnet-2"],
  listeners: [listener("http")],
  controlPlane: { host: "appmesh.internal" },
  loadBalancer: {},
  clientCidrs: { everybody: "0.0.0.0/0" },
};
const told = (more: ObjectValue, without: readonly string[] = []) => {
  const kept = Object.entries({ ...whole, ...more }).filter(([name]) => !without.includes(name));
  return checkComponent(meshGateway, Object.fromEntries(kept)).map(
    ({ property, reason }) => `${property}: ${reason}`,
  );
};
const certificate = { file: { certificateChain: "/c.pem", privateKey: "/k.pem" } };
const mutual = {
  tls: {
    mode: "STRICT",
    certificate,
    validation: { trust: { file: { certificateChain: "/ca.pem" } } },
  },
};

describe("what is refused of a MeshGateway", () => {
  it("is nothing of what is right", () => {
    assert.deepEqual(told({}), []);
    assert.deepEqual(told({ listeners: [listener("grpc")], loadBalancer: { certificateArn } }), []);
    assert.deepEqual(told({ listeners: [listener("grpc")], loadBalancer: { type: "network" } }), []);
    assert.deepEqual(told({ listeners: [listener("grpc")], loadBalancer: { type: UNKNOWN } }), []);
    assert.deepEqual(
      told({ listeners: [listener("http", 8443, mutual)], loadBalancer: { type: "network" } }),
      [],
    );
    assert.deepEqual(told({ targetGroupArns: ["arn"] }, ["loadBalancer"]), []);
  });

  it("is no way in, two of them, and one that leads past a listener", () => {
    assert.deepEqual(told({}, ["loadBalancer", "clientCidrs"]), [
      "loadBalancer: neither loadBalancer nor targetGroupArns was given; one of them is required, by which traffic comes to " +
        "the gateway. For an Application Load Balancer with every default, give {}.",
      "clientCidrs: neither clientSecurityGroupIds nor clientCidrs was given; one of them is required, since nobody else is " +
        'let in. For everybody, give {everybody: "0.0.0.0/0"}.',
    ]);
    assert.deepEqual(told({ targetGroupArns: ["arn"] }), [
      "targetGroupArns: it was given beside loadBalancer, which makes target groups of its own; one of them is allowed. Leave " +
        "one of both out.",
    ]);
    assert.deepEqual(told({ targetGroupArns: ["a", "b"] }, ["loadBalancer"]), [
      "targetGroupArns: 2 target groups given for 1 listener; each listener has its own.",
    ]);
  });

  it("is what the load balancer cannot pass to a listener", () => {
    assert.deepEqual(told({ listeners: [listener("grpc")] }), [
      "loadBalancer.certificateArn: nothing was given; it is required, since the protocol of listeners[0] is grpc, which an " +
        "Application Load Balancer takes by HTTPS alone. Give it, or the type network.",
    ]);
    const way =
      "listeners[0] asks its clients for a certificate, and a load balancer that ends TLS shows none. Give the type network " +
      "without certificateArn, or leave out the listener's tls.validation.";
    const listeners = [listener("http", 8443, mutual)];
    assert.deepEqual(told({ listeners }), [`loadBalancer.type: ${way}`]);
    assert.deepEqual(told({ listeners, loadBalancer: { type: "network", certificateArn } }), [
      `loadBalancer.certificateArn: ${way}`,
    ]);
  });

  it("is what means nothing to the load balancer", () => {
    assert.deepEqual(
      told({
        loadBalancer: { type: "network", sslPolicy: "ELBSecurityPolicy-2016-08", healthCheckPath: "/up" },
      }),
      [
        "loadBalancer.sslPolicy: it was given without certificateArn; without a certificate there is no TLS. Give it, or leave both out.",
        "loadBalancer.healthCheckPath: it was given for the type network, which looks whether the listener takes connections. Leave it out.",
      ],
    );
  });

  it("is more listeners than ECS registers a service for", () => {
    const listeners = Array.from({ length: 6 }, (_, index) => listener("http", 8080 + index));
    assert.deepEqual(told({ listeners }), [
      "listeners: 6 listeners were given; ECS registers a service with up to 5 target groups, one for each. Make another gateway.",
    ]);
  });

  it("is an Application Load Balancer in one subnet", () => {
    const subnetIds = ["subnet-1"];
    const needs =
      "an Application Load Balancer needs two, in different availability zones. Give them, or the type network.";
    assert.deepEqual(told({ subnetIds }), [
      `loadBalancer.subnetIds: nothing was given, and the tasks have one subnet; ${needs}`,
    ]);
    assert.deepEqual(told({ loadBalancer: { subnetIds } }), [
      `loadBalancer.subnetIds: one subnet was given; ${needs}`,
    ]);
    assert.deepEqual(told({ subnetIds, loadBalancer: { type: "network" } }), []);
    assert.deepEqual(told({ subnetIds, loadBalancer: { type: UNKNOWN } }), []);
    assert.deepEqual(told({ subnetIds: UNKNOWN }), []);
  });

  it("is a port of the load balancer for two listeners, or for none", () => {
    const listeners = [listener("http", 8080), listener("http", 8081)];
    assert.deepEqual(told({ listeners, loadBalancer: { ports: [80] } }), [
      "loadBalancer.ports: 1 port given for 2 listeners; each listener has its own.",
    ]);
    assert.deepEqual(told({ listeners, loadBalancer: { ports: [80, 80] } }), [
      "loadBalancer.ports[1]: 80 would be the port of listeners[0] and of listeners[1]; each has its own. Give other ports.",
    ]);
    assert.deepEqual(told({ listeners, loadBalancer: { ports: [80, UNKNOWN] } }), []);
  });

  it("is what neither the gateway nor its tasks could be", () => {
    assert.deepEqual(told({ listeners: [listener("http", 443)] }), [
      "listeners[0].portMapping.port: 443 was given; a listener has 1024 to 65535 on Fargate. Let it have 8443: a load balancer " +
        "in front may have any.",
    ]);
    assert.deepEqual(told({ routes: { all: { virtualServiceName: "shop", grpcRoute: {} } } }), [
      "routes.all.grpcRoute: grpcRoute was given; httpRoute is allowed, since the protocol of the gateway's listeners is http.",
    ]);
  });
});

describe("what a load balancer speaks", () => {
  const said = (
    type: "application" | "network",
    encrypted: boolean,
    protocol: "http" | "http2" | "grpc",
    mode?: "STRICT" | "DISABLED",
  ) => {
    const inner = { portMapping: { port: 8080, protocol }, ...(mode && { tls: { mode } }) };
    const { outer, inner: inside, version, alpnPolicy } = speech(type, encrypted, inner);
    return [outer, inside, version, alpnPolicy];
  };
  it("is what its certificate and the gateway's listener make of it", () => {
    const none = undefined;
    assert.deepEqual(said("application", false, "http"), ["HTTP", "HTTP", "HTTP1", none]);
    assert.deepEqual(said("application", true, "http2"), ["HTTPS", "HTTP", "HTTP2", none]);
    assert.deepEqual(said("application", true, "grpc", "STRICT"), ["HTTPS", "HTTPS", "GRPC", none]);
    assert.deepEqual(said("application", true, "grpc", "DISABLED"), ["HTTPS", "HTTP", "GRPC", none]);
    assert.deepEqual(said("network", false, "http", "STRICT"), ["TCP", "TCP", none, none]);
    assert.deepEqual(said("network", true, "http"), ["TLS", "TCP", none, none]);
    assert.deepEqual(said("network", true, "grpc", "STRICT"), ["TLS", "TLS", none, "HTTP2Preferred"]);
  });
});
