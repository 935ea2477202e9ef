// What a program learns of entities that it did not make, on Pulumi's real engine.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { secret } from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { nodeSpec } from "./programs.js";
import { TestStack } from "./stack.js";

/** As the API tells of it. */
interface Entity {
  readonly metadata: Readonly<Record<string, unknown>> & {
    readonly createdAt: number;
    readonly lastUpdatedAt: number;
  };
  readonly spec: object;
  readonly status: { readonly status: string };
}

/** One entity of each kind in the mesh `shop`: path of its collection, and what makes it. */
const entities: readonly [string, Record<string, unknown>][] = [
  ["", { meshName: "shop", tags: [{ key: "team", value: "shop" }] }],
  ["/shop/virtualNodes", { virtualNodeName: "v1", spec: nodeSpec("v1.internal") }],
  [
    "/shop/virtualRouters",
    {
      virtualRouterName: "catalog",
      spec: { listeners: nodeSpec("").listeners },
      tags: [{ key: "team", value: "stock" }],
    },
  ],
  [
    "/shop/virtualRouter/catalog/routes",
    {
      routeName: "all",
      spec: {
        httpRoute: {
          match: { prefix: "/" },
          action: { weightedTargets: [{ virtualNode: "v1", weight: 1 }] },
        },
      },
    },
  ],
  [
    "/shop/virtualServices",
    {
      virtualServiceName: "catalog.shop.local",
      spec: { provider: { virtualRouter: { virtualRouterName: "catalog" } } },
    },
  ],
  ["/shop/virtualGateways", { virtualGatewayName: "ingress", spec: { listeners: nodeSpec("").listeners } }],
  [
    "/shop/virtualGateway/ingress/gatewayRoutes",
    {
      gatewayRouteName: "catalog",
      spec: {
        httpRoute: {
          match: { prefix: "/" },
          action: { target: { virtualService: { virtualServiceName: "catalog.shop.local" } } },
        },
      },
    },
  ],
];

describe("functions on the real engine", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let stack: TestStack;
  const made = new Map<string, Entity>();
  before(async () => {
    controlPlane = await startControlPlane();
    stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
    for (const [path, body] of entities) {
      const { status, body: entity } = await controlPlane.call("PUT", `/v20190125/meshes${path}`, body);
      assert.equal(status, 200, JSON.stringify(entity));
      made.set(path, entity);
    }
  });
  after(() => controlPlane.stop());

  const mesh = { meshName: "shop" };
  const router = { ...mesh, virtualRouterName: "catalog" };
  const gateway = { ...mesh, virtualGatewayName: "ingress" };

  it("look up and list entities of each kind as the control plane has them", async () => {
    const { failure, outputs } = await stack.up(async () => ({
      found: [
        await appmesh.getMesh(mesh),
        await appmesh.getVirtualNode({ ...mesh, virtualNodeName: "v1" }),
        await appmesh.getVirtualRouter(router),
        appmesh.getRouteOutput({ ...router, routeName: "all" }),
        appmesh.getVirtualServiceOutput({ ...mesh, virtualServiceName: "catalog.shop.local" }),
        appmesh.getVirtualGatewayOutput(gateway),
        appmesh.getGatewayRouteOutput({ ...gateway, gatewayRouteName: "catalog" }),
      ],
      listed: [
        (await appmesh.getMeshes()).meshes,
        (await appmesh.getVirtualNodes(mesh)).virtualNodes,
        (await appmesh.getVirtualRouters(mesh)).virtualRouters,
        appmesh.getRoutesOutput(router).routes,
        appmesh.getVirtualServicesOutput(mesh).virtualServices,
        appmesh.getVirtualGatewaysOutput(mesh).virtualGateways,
        appmesh.getGatewayRoutesOutput(gateway).gatewayRoutes,
      ],
    }));
    assert.equal(failure, undefined);
    const parents = [{}, mesh, mesh, router, mesh, mesh, gateway];
    const ids = [
      "shop",
      "shop/v1",
      "shop/catalog",
      "shop/catalog/all",
      "shop/catalog.shop.local",
      "shop/ingress",
      "shop/ingress/catalog",
    ];
    for (const [index, [path, { tags = [], spec, ...name }]] of entities.entries()) {
      const { metadata, spec: live, status } = made.get(path) as Entity;
      const { uid, createdAt, lastUpdatedAt, ...rest } = metadata;
      const both = {
        id: ids[index],
        ...parents[index],
        ...name,
        ...rest,
        createdAt: new Date(createdAt * 1000).toISOString(),
        lastUpdatedAt: new Date(lastUpdatedAt * 1000).toISOString(),
      };
      assert.deepEqual((outputs.listed as unknown[])[index], [both]);
      const pairs = (tags as { key: string; value: string }[]).map(({ key, value }) => [key, value]);
      assert.deepEqual((outputs.found as unknown[])[index], {
        ...both,
        uid,
        spec: live,
        tags: Object.fromEntries(pairs),
        status: status.status,
      });
    }
  });

  it("wait in a preview for what the program itself makes, and see it when it is there", async () => {
    const program = async () => {
      const { meshName } = new appmesh.Mesh("bank", { meshName: "bank" });
      const node = new appmesh.VirtualNode("ledger", { meshName, spec: nodeSpec("ledger.internal") });
      const found = appmesh.getVirtualNodeOutput({ meshName, virtualNodeName: node.virtualNodeName });
      new appmesh.VirtualService("ledger", {
        meshName,
        virtualServiceName: "ledger.bank.local",
        spec: { provider: { virtualNode: { virtualNodeName: found.virtualNodeName } } },
        tags: { version: found.version.apply(String) },
      });
      return {
        version: found.version,
        sameArn: found.arn.apply((arn) => node.arn.apply((own) => own === arn)),
      };
    };
    const planned = await stack.preview(program);
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    assert.equal(planned.steps.length, 3);
    const up = await stack.up(program);
    assert.deepEqual([up.failure, up.messages, up.outputs], [undefined, [], { version: 1, sameArn: true }]);
    assert.deepEqual((await stack.preview(program)).steps, []);
    // The program's own are gone with the next one.
  });

  it("keep what they answer secret if they were asked with a secret", async () => {
    const { failure } = await stack.up(async () => ({
      host: appmesh
        .getVirtualNodeOutput({ ...mesh, virtualNodeName: secret("v1") })
        .apply(({ spec }) => spec.serviceDiscovery?.dns?.hostname),
    }));
    assert.equal(failure, undefined);
    const file = join(stack.stack.workspace.workDir, ".pulumi", "stacks", "shop", "test.json");
    assert.equal(readFileSync(file, "utf8").includes("v1.internal"), false);
    assert.deepEqual((await stack.stack.outputs()).host, { value: "v1.internal", secret: true });
  });

  it("name what is not there, and what is wrong with an argument", async () => {
    const missing = await stack.preview(async () => ({
      ...(await appmesh.getVirtualNode({ ...mesh, virtualNodeName: "v9" })),
    }));
    const text = missing.messages.join("\n");
    assert.ok(
      text.includes(
        'cannot look up virtual node "v9" of mesh "shop": virtual node "v9" of mesh "shop" is not there (NotFoundException: ',
      ),
      text,
    );
    const wrong = await stack.preview(async () => ({ ...(await appmesh.getMesh({ meshName: "a/b" })) }));
    assert.ok(
      wrong.messages.join("\n").includes('"a/b" was given; a string of 1 to 255 characters without "/"'),
      wrong.messages.join("\n"),
    );
  });
});
