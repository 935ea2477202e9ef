// What the components of ECS refuse, each mistake told by Pulumi's real engine in a preview: where, what was given, what is
// allowed, and the way out.
import assert from "node:assert/strict";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { putStandIn, type StandIn } from "../support/aws-stand-in/stand-in.js";
import { app, taskArgs, taskProgram, controlPlane as xds } from "./ecs-programs.js";
import { network, serviceArgs } from "./ecs-service-programs.js";
import { TestStack } from "./stack.js";

const ports = (...containerPorts: number[]) => ({
  portMappings: containerPorts.map((containerPort) => ({ containerPort })),
});

describe("the components of ECS refuse in the preview", function () {
  this.timeout(180_000);
  let aws: StandIn;
  let stack: TestStack;
  before(async () => {
    aws = putStandIn("aws");
    stack = await TestStack.create({});
  });

  /** What its user is told, line by line, of a program that makes nothing. */
  const told = async (program: () => Promise<unknown>): Promise<readonly string[]> => {
    const { failure, messages } = await stack.preview(program as never);
    assert.notEqual(failure, undefined);
    assert.deepEqual(aws.take(), []);
    return messages.flatMap((message) =>
      message
        .split("\n")
        .slice(1)
        .map((line) => line.trim()),
    );
  };

  it("containers without a name, with that of another or without a tag, ports that clash, and a node elsewhere", async () => {
    const { name: _, ...nameless } = app;
    assert.deepEqual(
      await told(
        taskProgram(
          taskArgs({
            virtualNode: "other/catalog",
            networkMode: "bridge",
            containerDefinitions: [app, nameless, { ...app, image: "shop/other", ...ports(15000, 9901) }],
            listenerPorts: [80],
          }),
        ),
      ),
      [
        `- property virtualNode with value '{other/catalog}' has a problem: "other/catalog" was given, a virtual node of the mesh "other"; one of the mesh "shop" is allowed. Change meshName, or name another virtual node.`,
        `- property networkMode with value '{bridge}' has a problem: "bridge" was given; "awsvpc" is allowed: Envoy shares a network with its application and with nobody else. Leave it out.`,
        "- property containerDefinitions[1].name has a problem: nothing was given; a name is required, which no other container of the task has.",
        `- property containerDefinitions[2].name with value '{catalog}' has a problem: "catalog" was given, the name of containerDefinitions[0]; a name that no other container of the task has is allowed.`,
        `- property containerDefinitions[2].image with value '{shop/other}' has a problem: "shop/other" was given; an image with a tag or a digest is allowed, as shop/other:1.0 or shop/other@sha256:…, so that all tasks run the same.`,
        "- property listenerPorts[0] with value '{80}' has a problem: 80 was given; a listener has 1024 to 65535 on Fargate. Let it have 8080: a load balancer in front may have any.",
        `- property containerDefinitions[1].portMappings[0].containerPort with value '{8080}' has a problem: 8080 was given, the port of the container "catalog"; the containers of a task share their ports. Let one of them listen elsewhere.`,
        "- property containerDefinitions[2].portMappings[0].containerPort with value '{15000}' has a problem: 15000 was given, the port of Envoy for what comes in; the containers of a task share their ports. Let the application listen elsewhere.",
        "- property containerDefinitions[2].portMappings[1].containerPort with value '{9901}' has a problem: 9901 was given, the port of Envoy's admin interface; the containers of a task share their ports. Let the application listen elsewhere, or give envoy.adminPort.",
      ],
    );
  });

  it("sizes that Fargate does not offer", async () => {
    assert.deepEqual(await told(taskProgram(taskArgs({ cpu: 300, memory: 512, sizing: "exact" }))), [
      "- property cpu with value '{300}' has a problem: 300 was given; Fargate offers 256, 512, 1024, 2048, 4096, 8192, 16384. The next is 512 CPU units with 1024 MiB.",
    ]);
  });

  it("more ports past Envoy than ECS takes", async () => {
    const egressIgnoredPorts = Array.from({ length: 16 }, (_, index) => 5000 + index);
    assert.deepEqual(await told(taskProgram(taskArgs({ interception: { egressIgnoredPorts } }))), [
      "- property interception.egressIgnoredPorts with value '{[" +
        "{5000} {5001} {5002} {5003} {5004} {5005} {5006} {5007} {5008} {5009} {5010} {5011} {5012} {5013} {5014} {5015}]}' has a " +
        "problem: 16 ports were given; ECS takes up to 15. Give what is called on the others in egressIgnoredIps.",
    ]);
  });

  it("the same of whole services and of gateways, at the places of their own inputs", async () => {
    const listeners = [{ portMapping: { port: 443, protocol: "http" as const } }];
    assert.deepEqual(
      await told(async () => {
        new appmesh.MeshEcsService(
          "catalog",
          serviceArgs({
            listeners,
            networkMode: "host",
            containerDefinitions: [{ ...app, image: "shop/catalog", ...ports(15001) }, app],
            cpu: 300,
            memory: 512,
            sizing: "exact",
            interception: { mode: "initContainer" },
          }),
        );
      }),
      [
        `- property networkMode with value '{host}' has a problem: "host" was given; "awsvpc" is allowed: Envoy shares a network with its application and with nobody else. Leave it out.`,
        `- property interception.mode with value '{initContainer}' has a problem: "initContainer" was given for Fargate, which grants no container NET_ADMIN; "proxyConfiguration" and "explicit" are allowed there. Or let requiresCompatibilities be ["EC2"].`,
        "- property interception.image has a problem: nothing was given; it is required for initContainer: an image with sh and iptables, such as debian:13-slim after apt-get install iptables, which docker build --target redirect makes of this project's Dockerfile. Give it, or let the mode be proxyConfiguration, which needs none.",
        `- property containerDefinitions[0].image with value '{shop/catalog}' has a problem: "shop/catalog" was given; an image with a tag or a digest is allowed, as shop/catalog:1.0 or shop/catalog@sha256:…, so that all tasks run the same.`,
        `- property containerDefinitions[1].name with value '{catalog}' has a problem: "catalog" was given, the name of containerDefinitions[0]; a name that no other container of the task has is allowed.`,
        "- property listeners[0].portMapping.port with value '{443}' has a problem: 443 was given; a listener has 1024 to 65535 on Fargate. Let it have 8443: a load balancer in front may have any.",
        "- property containerDefinitions[0].portMappings[0].containerPort with value '{15001}' has a problem: 15001 was given, the port of Envoy for what goes out; the containers of a task share their ports. Let the application listen elsewhere.",
        "- property cpu with value '{300}' has a problem: 300 was given; Fargate offers 256, 512, 1024, 2048, 4096, 8192, 16384. The next is 512 CPU units with 1024 MiB.",
      ],
    );
    assert.deepEqual(
      await told(async () => {
        new appmesh.MeshGateway("web", {
          meshName: "shop",
          ...network,
          listeners,
          routes: {},
          loadBalancer: {},
          clientCidrs: { everybody: "0.0.0.0/0" },
          controlPlane: xds,
          envoy: { image: "envoyproxy/envoy" },
          cpu: 100,
          memory: 100,
          sizing: "exact",
        });
      }),
      [
        `- property envoy.image with value '{envoyproxy/envoy}' has a problem: "envoyproxy/envoy" was given; an image with a tag or a digest is allowed, as envoyproxy/envoy:1.0 or envoyproxy/envoy@sha256:…, so that all tasks run the same.`,
        "- property listeners[0].portMapping.port with value '{443}' has a problem: 443 was given; a listener has 1024 to 65535 on Fargate. Let it have 8443: a load balancer in front may have any.",
        "- property cpu with value '{100}' has a problem: 100 was given; Fargate offers 256, 512, 1024, 2048, 4096, 8192, 16384. The next is 256 CPU units with 512 MiB.",
      ],
    );
  });
});
