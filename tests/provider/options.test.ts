// What a program asks of a component as a whole reaches everything that the component makes.
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi";
import { Mesh, MeshService, Provider } from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { TestStack } from "./stack.js";

describe("the options of a MeshService", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  before(async () => {
    controlPlane = await startControlPlane();
  });
  after(() => controlPlane.stop());

  const program = (options: ComponentResourceOptions) => async () => {
    const provider = new Provider("mine", { endpoint: controlPlane.api });
    const { meshName } = new Mesh("shop", { meshName: "shop" }, { provider });
    const group = new ComponentResource("shop:index:Group", "group", {}, { providers: [provider] });
    const service = (name: string, opts: ComponentResourceOptions) =>
      new MeshService(
        name,
        {
          meshName,
          virtualServiceName: `${name}.shop.local`,
          listener: { portMapping: { port: 8080, protocol: "http" } },
          versions: { v1: { weight: 1, serviceDiscovery: { dns: { hostname: "v1.internal" } } } },
        },
        opts,
      );
    service("catalog", { provider, ...options });
    service("ratings", { parent: group });
  };
  const children = (service: string) =>
    ["route", "router", "service", "v1"].map((part) => `${service}-${part}`);
  const transform = (args: { type: string; props: object; opts: object }) =>
    args.type === "appmesh:index:Route"
      ? { ...args, props: { ...args.props, tags: { by: "transform" } } }
      : undefined;

  it("give its children the provider, the protection and the transforms, in two services side by side", async () => {
    // No endpoint but the given provider's: whatever used another one would find no control plane.
    const stack = await TestStack.create({ APPMESH_MAX_RETRIES: "0" });
    const resources = async () => {
      const { deployment } = await stack.stack.exportStack();
      const all = (deployment.resources ?? []) as {
        urn: string;
        provider?: string;
        protect?: boolean;
        custom: boolean;
      }[];
      return all.map((each) => ({ ...each, name: each.urn.split("::").slice(3).join("::") }));
    };

    strictEqual(
      (await stack.up(program({ protect: true, transforms: [transform] as never }))).failure,
      undefined,
    );
    const made = (await resources()).filter(
      ({ custom, provider }) => custom && provider !== undefined && provider !== "",
    );
    deepStrictEqual(made.map(({ name }) => name).sort(), [
      ...children("catalog"),
      ...children("ratings"),
      "shop",
    ]);
    deepStrictEqual(new Set(made.map(({ provider }) => provider?.split("::")[3])), new Set(["mine"]));
    const isProtected = (await resources()).filter(({ protect }) => protect === true).map(({ name }) => name);
    deepStrictEqual(isProtected.sort(), ["catalog", ...children("catalog")]);

    const tags = async (service: string) => {
      const { body } = await controlPlane.call(
        "GET",
        `/v20190125/meshes/shop/virtualRouter/${service}-router/routes/${service}-route`,
      );
      return (
        await controlPlane.call("GET", `/v20190125/tags?resourceArn=${encodeURIComponent(body.metadata.arn)}`)
      ).body;
    };
    deepStrictEqual(await tags("catalog"), { tags: [{ key: "by", value: "transform" }] });
    deepStrictEqual(await tags("ratings"), { tags: [] });

    strictEqual((await stack.up(program({}))).failure, undefined);
    strictEqual((await stack.destroy()).failure, undefined);
    deepStrictEqual((await controlPlane.call("GET", "/v20190125/meshes")).body, { meshes: [] });
  });

  it("fail it alone where one of its children cannot be made, and not the service beside it", async () => {
    const stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
    const put = (path: string, body: object) => controlPlane.call("PUT", `/v20190125/meshes${path}`, body);
    await put("", { meshName: "shop" });
    const listeners = [{ portMapping: { port: 8080, protocol: "http" as const } }];
    await put("/shop/virtualRouters", { virtualRouterName: "catalog-router", spec: { listeners } });
    const service = (name: string) =>
      new MeshService(name, {
        meshName: "shop",
        virtualServiceName: `${name}.shop.local`,
        listener: { portMapping: { port: 8080, protocol: "http" } },
        versions: { v1: { weight: 1, serviceDiscovery: { dns: { hostname: "v1.internal" } } } },
      });
    const both = async () => {
      for (const name of ["catalog", "ratings"]) service(name);
    };
    const { messages } = await stack.up(both, { continueOnError: true });
    deepStrictEqual(
      messages.filter((text) => text.includes("failed to register")).map((text) => text.split(":").at(2)),
      ["MeshService resource 'catalog' has a problem"],
    );
    ok(
      messages.some((text) =>
        text.startsWith('virtual router "catalog-router" of mesh "shop" exists already.'),
      ),
    );

    await controlPlane.call("DELETE", "/v20190125/meshes/shop/virtualRouters/catalog-router");
    strictEqual((await stack.up(both)).failure, undefined);
    strictEqual((await stack.destroy()).failure, undefined);
    await controlPlane.call("DELETE", "/v20190125/meshes/shop");
  });
});
