// The component that is a whole way into a mesh, on Pulumi's real engine.
import assert from "node:assert/strict";
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { nodeSpec } from "./programs.js";
import { sorted, TestStack } from "./stack.js";

const program =
  (prefix: string, name = "ingress", options: ComponentResourceOptions = {}) =>
  async () => {
    const { meshName } = new appmesh.Mesh("shop", { meshName: "shop" });
    const { virtualServiceName } = new appmesh.VirtualService("catalog", {
      meshName,
      virtualServiceName: "catalog.shop.local",
      spec: {},
    });
    const ingress = new appmesh.Gateway(
      name,
      {
        meshName,
        virtualGatewayName: "ingress",
        listeners: nodeSpec("").listeners,
        logging: { accessLog: { file: { path: "/dev/stdout" } } },
        routes: {
          all: { virtualServiceName },
          catalog: {
            virtualServiceName,
            port: 8080,
            priority: 1,
            httpRoute: { match: { prefix }, rewrite: { prefix: { value: "/" } } },
          },
        },
        tags: { team: "shop" },
      },
      options,
    );
    const { virtualGatewayName, gatewayRouteNames } = ingress;
    return { virtualGatewayName, gatewayRouteNames };
  };

const steps = (op: string) => [
  { op, type: "appmesh:index:Gateway", name: "ingress" },
  { op, type: "appmesh:index:GatewayRoute", name: "ingress-all" },
  { op, type: "appmesh:index:GatewayRoute", name: "ingress-catalog" },
  { op, type: "appmesh:index:Mesh", name: "shop" },
  { op, type: "appmesh:index:VirtualGateway", name: "ingress-gateway" },
  { op, type: "appmesh:index:VirtualService", name: "catalog" },
];

describe("Gateway on the real engine", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let stack: TestStack;
  before(async () => {
    controlPlane = await startControlPlane();
    stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
  });
  after(() => controlPlane?.stop());

  const entity = async (path: string) =>
    (await controlPlane.call("GET", `/v20190125/meshes/shop/${path}`)).body;
  const catalogRoute = (prefix: string) => ({
    priority: 1,
    httpRoute: {
      match: { prefix },
      action: {
        target: { virtualService: { virtualServiceName: "catalog.shop.local" }, port: 8080 },
        rewrite: { prefix: { value: "/" } },
      },
    },
  });

  it("is made of children of its own, changed by its routes alone, renamed by an alias, and leaves nothing", async () => {
    const made = await stack.up(program("/catalog/"));
    assert.deepEqual([made.failure, made.messages], [undefined, []]);
    assert.deepEqual(sorted(made.steps), steps("create"));
    assert.deepEqual(made.outputs, {
      virtualGatewayName: "ingress",
      gatewayRouteNames: { all: "ingress-all", catalog: "ingress-catalog" },
    });
    assert.deepEqual((await entity("virtualGateways/ingress")).spec, {
      listeners: nodeSpec("").listeners,
      logging: { accessLog: { file: { path: "/dev/stdout" } } },
    });
    const route = "virtualGateway/ingress/gatewayRoutes";
    assert.deepEqual((await entity(`${route}/ingress-catalog`)).spec, catalogRoute("/catalog/"));
    assert.deepEqual((await entity(`${route}/ingress-all`)).spec, {
      httpRoute: {
        match: { prefix: "/" },
        action: { target: { virtualService: { virtualServiceName: "catalog.shop.local" } } },
      },
    });
    const component = "urn:pulumi:test::shop::appmesh:index:Gateway::ingress";
    const children = (await stack.resources()).filter(({ parent }) => parent === component);
    assert.deepEqual(children.map(({ id, inputs }) => [id, inputs.tags]).sort(), [
      ["shop/ingress", { team: "shop" }],
      ["shop/ingress/ingress-all", { team: "shop" }],
      ["shop/ingress/ingress-catalog", { team: "shop" }],
    ]);

    const change = {
      op: "update",
      type: "appmesh:index:GatewayRoute",
      name: "ingress-catalog",
      diff: { "spec.httpRoute.match.prefix": "update" },
    };
    const changed = await stack.up(program("/stock/"));
    assert.deepEqual(sorted(changed.steps).slice(1), [change]);
    assert.deepEqual((await entity(`${route}/ingress-catalog`)).spec, catalogRoute("/stock/"));

    const transform = (args: { type: string; props: object; opts: object }) =>
      args.type === "appmesh:index:VirtualGateway"
        ? { ...args, props: { ...args.props, tags: { by: "transform" } } }
        : undefined;
    const transformed = await stack.preview(
      program("/stock/", "ingress", { transforms: [transform] as never }),
    );
    assert.deepEqual(transformed.steps, [
      {
        op: "update",
        type: "appmesh:index:VirtualGateway",
        name: "ingress-gateway",
        diff: { "tags.by": "add", "tags.team": "delete" },
      },
    ]);

    // Aliases of a component reach what is below it; that its routes get new names with it, is said in the preview.
    const renamed = await stack.preview(program("/stock/", "entry", { aliases: [{ name: "ingress" }] }));
    assert.deepEqual([renamed.failure, renamed.messages], [undefined, []]);
    assert.deepEqual(
      sorted(renamed.steps).filter(({ type }) => type === "appmesh:index:VirtualGateway"),
      [],
    );
    const gone = await stack.destroy();
    assert.deepEqual([gone.failure, gone.messages], [undefined, []]);
    assert.deepEqual(await controlPlane.call("GET", "/v20190125/meshes").then(({ body }) => body), {
      meshes: [],
    });
  });

  it("tells mistakes at the places of its own arguments, in the preview", async () => {
    const { failure, messages } = await stack.preview(program("catalog"));
    assert.notEqual(failure, undefined);
    assert.deepEqual(messages, [
      "appmesh:index:Gateway resource 'ingress' has a problem: the properties of appmesh:index:Gateway \"ingress\" are not valid\n" +
        "\t\t- property routes.catalog.httpRoute.match.prefix with value '{catalog}' has a problem: " +
        '"catalog" was given; a path that starts with "/" is allowed.',
    ]);
  });
});
