import assert from "node:assert/strict";
import { caOf } from "../control-plane/callers.js";
import { readContract } from "../model/contract.js";
import { type AccessKey, type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { ARN, entity } from "./answers.js";
import { Boto3 } from "./boto3.js";
import { camel, listOperation, parentNames, snake } from "./names.js";
import { shop } from "./shop.js";

const accessKey: AccessKey = {
  accessKeyId: "AKIDSHOP",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};

for (const [scheme, options] of [
  ["HTTP", []],
  ["HTTPS", ["--tls-self-signed"]],
] as const)
  describe(`boto3 over ${scheme}`, function () {
    this.timeout(180_000);
    let controlPlane: ControlPlane;
    let boto3: Boto3;
    let env: Record<string, string>;

    before(async () => {
      // App Mesh allowed three gateways in a mesh, by default.
      controlPlane = await startControlPlane({
        accessKey,
        args: ["--limit", "virtualGatewaysPerMesh=5", ...options],
      });
      const ca = caOf(controlPlane);
      env = { ...controlPlane.env, ...(ca && { AWS_CA_BUNDLE: ca }) };
      boto3 = await Boto3.start({ env });
    });
    after(async () => {
      await boto3?.stop();
      await controlPlane?.stop();
    });
    afterEach(() => boto3.deleteEverything());

    it("calls all 38 operations, and gets back what it sent", async () => {
      boto3.called.clear();
      for (const sample of shop) {
        const created = await boto3.ok(`create_${snake(sample.title)}`, {
          ...sample.names,
          spec: sample.spec,
        });
        assert.deepEqual(created, {
          [camel(sample.title)]: entity(sample.names, sample.path, sample.spec, 1, created),
        });
        assert.deepEqual(await boto3.ok(`describe_${snake(sample.title)}`, sample.names), created);
      }
      for (const sample of shop.toReversed()) {
        const { title, names, path, spec, changed } = sample;
        const updated = await boto3.ok(`update_${snake(title)}`, { ...names, spec: changed });
        const { uid: _, ...reference } = updated[camel(title)].metadata;
        assert.deepEqual(updated, { [camel(title)]: entity(names, path, changed, 2, updated) });
        assert.deepEqual(await boto3.ok(snake(listOperation(title)), parentNames(names)), {
          [sample.listMember]: [{ ...names, ...reference }],
        });
        const restored = await boto3.ok(`update_${snake(title)}`, { ...names, spec });
        assert.deepEqual(restored, { [camel(title)]: entity(names, path, spec, 3, restored) });
      }
      const resourceArn = `${ARN}mesh/shop/virtualGateway/edge/gatewayRoute/catalog`;
      const tags = [
        { key: "stage", value: "" },
        { key: "team", value: "shop" },
      ];
      assert.deepEqual(await boto3.ok("tag_resource", { resourceArn, tags }), {});
      assert.deepEqual(await boto3.ok("list_tags_for_resource", { resourceArn }), { tags });
      assert.deepEqual(await boto3.ok("untag_resource", { resourceArn, tagKeys: ["stage"] }), {});
      for (const { title, names, path, spec } of shop.toReversed()) {
        const deleted = await boto3.ok(`delete_${snake(title)}`, names);
        assert.deepEqual(deleted, { [camel(title)]: entity(names, path, spec, 3, deleted, "DELETED") });
        assert.equal((await boto3.fails(`describe_${snake(title)}`, names)).type, "NotFoundException");
      }
      const { operations } = await readContract();
      assert.equal(Object.keys(operations).length, 38);
      assert.deepEqual([...boto3.called].sort(), Object.keys(operations).map(snake).sort());
    });

    it("pages through lists by every paginator of its model", async () => {
      const [mesh, below] = ["shop-0", { meshName: "shop-0" }];
      const [router, gateway] = [
        { ...below, virtualRouterName: "v0" },
        { ...below, virtualGatewayName: "v0" },
      ];
      const listeners = [{ portMapping: { port: 8080, protocol: "http" } }];
      const action = { weightedTargets: [{ virtualNode: "v0", weight: 1 }] };
      const target = { virtualService: { virtualServiceName: "v0" } };
      const numbers = [0, 1, 2, 3, 4];
      for (const n of numbers.toReversed()) await boto3.ok("create_mesh", { meshName: `shop-${n}` });
      for (const name of numbers.map((n) => `v${n}`)) {
        await boto3.ok("create_virtual_node", { ...below, virtualNodeName: name, spec: {} });
        await boto3.ok("create_virtual_router", { ...below, virtualRouterName: name, spec: { listeners } });
        await boto3.ok("create_virtual_service", { ...below, virtualServiceName: name, spec: {} });
        await boto3.ok("create_virtual_gateway", { ...below, virtualGatewayName: name, spec: { listeners } });
        await boto3.ok("create_route", { ...router, routeName: name, spec: { tcpRoute: { action } } });
        const http2Route = { match: { prefix: "/" }, action: { target } };
        await boto3.ok("create_gateway_route", { ...gateway, gatewayRouteName: name, spec: { http2Route } });
        const tags = [{ key: name, value: name }];
        await boto3.ok("tag_resource", { resourceArn: `${ARN}mesh/${mesh}`, tags });
      }
      const lists: [string, object, string, string][] = [
        ["list_meshes", {}, "meshes", "meshName"],
        ["list_virtual_nodes", below, "virtualNodes", "virtualNodeName"],
        ["list_virtual_routers", below, "virtualRouters", "virtualRouterName"],
        ["list_virtual_services", below, "virtualServices", "virtualServiceName"],
        ["list_virtual_gateways", below, "virtualGateways", "virtualGatewayName"],
        ["list_routes", router, "routes", "routeName"],
        ["list_gateway_routes", gateway, "gatewayRoutes", "gatewayRouteName"],
        ["list_tags_for_resource", { resourceArn: `${ARN}mesh/${mesh}` }, "tags", "key"],
      ];
      for (const [paginator, input, member, name] of lists) {
        const pages = await boto3.ok("paginate", { ...input, PaginationConfig: { PageSize: 2 } }, paginator);
        const prefix = paginator === "list_meshes" ? "shop-" : "v";
        assert.deepEqual(
          pages.map((page: Record<string, Record<string, string>[]>) =>
            page[member]?.map((item) => item[name]),
          ),
          [[0, 1], [2, 3], [4]].map((page) => page.map((n) => prefix + n)),
          paginator,
        );
      }
    });

    it("names the owner of a mesh, as programs of accounts that share meshes do", async () => {
      const meshOwner = "000000000000";
      await boto3.ok("create_mesh", { meshName: "shop" });
      for (const sample of shop.slice(1, 3)) {
        const given = { ...sample.names, meshOwner };
        const created = await boto3.ok(`create_${snake(sample.title)}`, { ...given, spec: sample.spec });
        assert.deepEqual(await boto3.ok(`describe_${snake(sample.title)}`, given), created);
        assert.deepEqual(await boto3.ok(`describe_${snake(sample.title)}`, sample.names), created);
      }
      assert.equal((await boto3.ok("describe_mesh", { meshName: "shop", meshOwner })).mesh.meshName, "shop");
      assert.deepEqual(await boto3.fails("describe_mesh", { meshName: "shop", meshOwner: "111111111111" }), {
        type: "NotFoundException",
        code: "NotFoundException",
        message: "Mesh with name shop is not present for account 111111111111",
        status: 404,
      });
    });

    it("tags", async () => {
      await boto3.ok("create_mesh", {
        meshName: "tagged",
        tags: [
          { key: "team", value: "shop" },
          { key: "a", value: "" },
        ],
      });
      const resourceArn = `${ARN}mesh/tagged`;
      assert.deepEqual(
        await boto3.ok("tag_resource", { resourceArn, tags: [{ key: "team", value: "catalog" }] }),
        {},
      );
      assert.deepEqual(await boto3.ok("list_tags_for_resource", { resourceArn }), {
        tags: [
          { key: "a", value: "" },
          { key: "team", value: "catalog" },
        ],
      });
      assert.deepEqual(await boto3.ok("untag_resource", { resourceArn, tagKeys: ["a", "never"] }), {});
      assert.deepEqual(await boto3.ok("list_tags_for_resource", { resourceArn }), {
        tags: [{ key: "team", value: "catalog" }],
      });
    });

    it("gets App Mesh's errors as the exceptions of its model", async () => {
      await boto3.ok("create_mesh", { meshName: "shop" });
      await boto3.ok("create_virtual_node", { meshName: "shop", virtualNodeName: "catalog-v1", spec: {} });
      const cases: [string, object, object][] = [
        [
          "describe_virtual_node",
          { meshName: "shop", virtualNodeName: "gone" },
          {
            type: "NotFoundException",
            code: "NotFoundException",
            message: "VirtualNode with name gone is not present under mesh shop for account 000000000000",
            status: 404,
          },
        ],
        [
          "create_virtual_node",
          { meshName: "shop", virtualNodeName: "catalog-v1", spec: {} },
          {
            type: "ConflictException",
            code: "ConflictException",
            message: `VirtualNode with name catalog-v1 already exists: ${ARN}mesh/shop/virtualNode/catalog-v1. Update it, delete it first, or take another name`,
            status: 409,
          },
        ],
        [
          "create_virtual_router",
          {
            meshName: "shop",
            virtualRouterName: "catalog",
            spec: { listeners: [{ portMapping: { port: 8080, protocol: "udp" } }] },
          },
          {
            type: "BadRequestException",
            code: "BadRequestException",
            message:
              'spec.listeners[0].portMapping.protocol: "udp" was given; "http", "tcp", "http2" or "grpc" is allowed.',
            status: 400,
          },
        ],
        [
          "delete_mesh",
          { meshName: "shop" },
          {
            type: "ResourceInUseException",
            code: "ResourceInUseException",
            message:
              "Mesh shop for account 000000000000 has active VirtualNodes, please delete VirtualNodes before deleting the Mesh",
            status: 409,
          },
        ],
      ];
      for (const [operation, input, error] of cases)
        assert.deepEqual(await boto3.fails(operation, input), error);
    });

    it("is refused with another secret, or a key that does not exist", async () => {
      const cases: [AccessKey, object][] = [
        [
          { ...accessKey, secretAccessKey: "another" },
          {
            type: "ClientError",
            code: "InvalidSignatureException",
            message:
              "The request signature we calculated does not match the signature you provided. " +
              "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
            status: 403,
          },
        ],
        [
          { ...accessKey, accessKeyId: "AKIDNOBODY" },
          {
            type: "ClientError",
            code: "UnrecognizedClientException",
            message: "The security token included in the request is invalid.",
            status: 403,
          },
        ],
      ];
      for (const [key, error] of cases) {
        const stranger = await Boto3.start({ env }, key);
        assert.deepEqual(await stranger.fails("create_mesh", { meshName: "theirs" }), error);
        await stranger.stop();
      }
      assert.deepEqual(await boto3.ok("list_meshes", {}), { meshes: [] });
    });
  });
