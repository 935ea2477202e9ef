// What the App Mesh API means beyond its shapes, and what is offered beside it, on a real control plane.
import assert from "node:assert/strict";
import { statuses } from "@pulumi-appmesh/control-plane/api/errors.js";
import { readContract } from "../model/contract.js";
import {
  type AccessKey,
  type ControlPlane,
  runAppmesh,
  startControlPlane,
} from "../support/control-plane.js";

const meshes = "/v20190125/meshes";
const OWNER = "000000000000";
const CONSUMER = "999999999999";
const spec = (port = 8080) => ({
  listeners: [{ portMapping: { port, protocol: "http" } }],
  serviceDiscovery: { dns: { hostname: "catalog.shop.local" } },
});
const toNode = (virtualNodeName: string) => ({ provider: { virtualNode: { virtualNodeName } } });

describe("appmesh serve, by its meaning", function () {
  this.timeout(180_000);

  describe("for the clients of this machine", () => {
    let controlPlane: ControlPlane;
    before(async () => {
      controlPlane = await startControlPlane({
        args: ["--limit", "virtualNodesPerMesh=3", "--limit", "meshesPerAccount=none"],
      });
    });
    after(() => controlPlane?.stop());
    beforeEach(async () => {
      await ok("PUT", meshes, { meshName: "shop" });
    });
    afterEach(async () => {
      for (const [collection, name] of [
        ["virtualServices", "virtualServiceName"],
        ["virtualNodes", "virtualNodeName"],
      ] as const) {
        const listed = await ok("GET", `${meshes}/shop/${collection}`);
        for (const item of listed[collection])
          await ok("DELETE", `${meshes}/shop/${collection}/${item[name]}`);
      }
      await ok("DELETE", `${meshes}/shop`);
    });

    const answer = async (method: string, path: string, body?: object) => {
      const { status, headers, body: given } = await controlPlane.call(method, path, body);
      return status === 200
        ? given
        : { status, type: headers.get("x-amzn-errortype"), message: given.message };
    };
    const ok = async (method: string, path: string, body?: object) => {
      const { status, body: given } = await controlPlane.call(method, path, body);
      assert.equal(status, 200, JSON.stringify(given));
      return given;
    };
    const node = (virtualNodeName: string, more: object = {}) => ({ virtualNodeName, spec: {}, ...more });

    it("has each of the 38 operations where the contract has it, and tells what is missing by its own error", async () => {
      const contract = await readContract();
      const operations = Object.entries(contract.operations);
      assert.equal(operations.length, 38);
      for (const [name, { http }] of operations) {
        const path = http.requestUri.replaceAll(/\{\w+\}/g, "gone");
        const withArn = /Tag/.test(name)
          ? `${path}?resourceArn=arn:aws:appmesh:us-east-1:${OWNER}:mesh/gone`
          : path;
        const { status, headers } = await controlPlane.call(
          http.method,
          withArn,
          http.method === "PUT" ? {} : undefined,
        );
        const type = headers.get("x-amzn-errortype");
        const allowed =
          name === "ListMeshes"
            ? [[200, null]]
            : [
                [404, "NotFoundException"],
                [400, "BadRequestException"],
              ];
        assert.ok(
          allowed.some(([s, t]) => s === status && t === type),
          `${name}: ${status} ${type}`,
        );
      }
    });

    it("answers with each of the contract's errors by its HTTP status, and with one more", async () => {
      const shapes = Object.entries((await readContract()).shapes) as [
        string,
        { error?: { httpStatusCode: number } },
      ][];
      const contract = shapes.flatMap(([name, { error }]) => (error ? [[name, error.httpStatusCode]] : []));
      assert.deepEqual(statuses, {
        ...Object.fromEntries(contract),
        // For preconditions, which App Mesh did not have.
        PreconditionFailedException: 412,
      });
      assert.equal(contract.length, 10);
    });

    it("limits how much there is of each thing, as it was started to", async () => {
      for (const name of ["a", "b", "c"]) await ok("PUT", `${meshes}/shop/virtualNodes`, node(name));
      assert.deepEqual(await answer("PUT", `${meshes}/shop/virtualNodes`, node("d")), {
        status: 400,
        type: "LimitExceededException",
        message:
          "Mesh shop has 3 virtual nodes, and there would be one more; the limit virtualNodesPerMesh of this control plane is 3. " +
          "Remove some first, or start it with a higher limit: appmesh serve --limit virtualNodesPerMesh=6 (or virtualNodesPerMesh=none)",
      });
      const many = Array.from({ length: 16 }, (_, n) => `mesh-${n}`);
      for (const meshName of many) await ok("PUT", meshes, { meshName });
      for (const meshName of many) await ok("DELETE", `${meshes}/${meshName}`);
    });

    it("refuses to start with limits that it does not have", async () => {
      const cases: [string, string][] = [
        [
          "nodes=5",
          'There is no limit "nodes". There are meshesPerAccount, virtualNodesPerMesh, virtualRoutersPerMesh, virtualServicesPerMesh, virtualGatewaysPerMesh, routesPerVirtualRouter, gatewayRoutesPerVirtualGateway, backendsPerVirtualNode, tagsPerResource.',
        ],
        [
          "virtualNodesPerMesh",
          "It must be virtualNodesPerMesh=NUMBER, with 0 to 999999999, or virtualNodesPerMesh=none.",
        ],
        [
          "virtualNodesPerMesh=-1",
          "It must be virtualNodesPerMesh=NUMBER, with 0 to 999999999, or virtualNodesPerMesh=none.",
        ],
      ];
      for (const [limit, said] of cases) {
        const { code, stderr } = await runAppmesh("serve", ["--limit", limit]);
        assert.deepEqual(
          [code, stderr],
          [1, `error: option '--limit <name=number>' argument '${limit}' is invalid. ${said}\n`],
        );
      }
    });

    it("knows a repeated call from a second one", async () => {
      const body = node("a", { clientToken: "5f0c" });
      const created = await ok("PUT", `${meshes}/shop/virtualNodes`, body);
      assert.deepEqual(await ok("PUT", `${meshes}/shop/virtualNodes`, body), created);
      assert.deepEqual(await answer("PUT", `${meshes}/shop/virtualNodes`, { ...body, spec: spec() }), {
        status: 409,
        type: "ConflictException",
        message: `clientToken 5f0c was used before for another request on arn:aws:appmesh:us-east-1:${OWNER}:mesh/shop/virtualNode/a. Use a new token for a new request`,
      });
    });

    it("keeps what is in use, in the words that clients know", async () => {
      await ok("PUT", `${meshes}/shop/virtualNodes`, node("a", { spec: spec() }));
      await ok("PUT", `${meshes}/shop/virtualServices`, { virtualServiceName: "a.local", spec: toNode("a") });
      const inUse = (message: string) => ({ status: 409, type: "ResourceInUseException", message });
      assert.deepEqual(
        await answer("DELETE", `${meshes}/shop`),
        inUse(
          `Mesh shop for account ${OWNER} has active VirtualNodes, please delete VirtualNodes before deleting the Mesh`,
        ),
      );
      assert.deepEqual(
        await answer("DELETE", `${meshes}/shop/virtualNodes/a`),
        inUse("VirtualNode with name a cannot be deleted because it is a VirtualService provider"),
      );
    });

    it("lets no update be lost of those who say which version they change", async () => {
      await ok("PUT", `${meshes}/shop/virtualNodes`, node("counter", { spec: { backends: [] } }));
      const url = `${controlPlane.api}${meshes}/shop/virtualNodes/counter`;
      const add = async (name: string) => {
        for (let tries = 1; tries <= 100; tries++) {
          const read = await fetch(url);
          const { spec: current } = (await read.json()) as { spec: { backends: object[] } };
          const backends = [...current.backends, { virtualService: { virtualServiceName: name } }];
          const written = await fetch(url, {
            method: "PUT",
            headers: { "if-match": read.headers.get("etag") as string },
            body: JSON.stringify({ spec: { backends } }),
          });
          const { message } = (await written.json()) as { message?: string };
          if (written.status === 200) return;
          assert.deepEqual(
            [written.status, written.headers.get("x-amzn-errortype")],
            [412, "PreconditionFailedException"],
            message,
          );
        }
        assert.fail("a writer was never first");
      };
      const names = Array.from({ length: 8 }, (_, n) => `service-${n}`);
      await Promise.all(names.map(add));
      const { metadata, spec: now } = await ok("GET", `${meshes}/shop/virtualNodes/counter`);
      const backends = now.backends as { virtualService: { virtualServiceName: string } }[];
      assert.deepEqual(backends.map(({ virtualService }) => virtualService.virtualServiceName).sort(), names);
      assert.equal(metadata.version, 9);
    });

    it("tells everything in a mesh that does not do what it says, over the API and on the command line", async () => {
      await ok(
        "PUT",
        `${meshes}/shop/virtualNodes`,
        node("web", { spec: { backends: [{ virtualService: { virtualServiceName: "gone.local" } }] } }),
      );
      await ok("PUT", `${meshes}/shop/virtualNodes`, node("lone", { spec: spec() }));
      const arn = `arn:aws:appmesh:us-east-1:${OWNER}:mesh/shop/virtualNode`;
      const diagnostics = [
        {
          severity: "warning",
          code: "UnusedVirtualNode",
          entity: "virtualNode/lone",
          arn: `${arn}/lone`,
          path: "",
          message:
            "no route sends to the virtual node, and it provides no virtual service: its listeners get no traffic from the mesh",
          remedy:
            "Make it the target of a route or the provider of a virtual service, or remove its listeners.",
        },
        {
          severity: "error",
          code: "MissingBackend",
          entity: "virtualNode/web",
          arn: `${arn}/web`,
          path: "spec.backends[0].virtualService.virtualServiceName",
          message: "virtual service gone.local does not exist: calls to it fail",
          remedy: "Create virtual service gone.local, correct the name, or remove the backend.",
        },
      ];
      assert.deepEqual(await ok("GET", "/v1/diagnostics?mesh=shop"), { diagnostics });
      const first = await ok("GET", `/v1/diagnostics?mesh=shop&meshOwner=${OWNER}&limit=1`);
      assert.deepEqual(first.diagnostics, [diagnostics[0]]);
      assert.deepEqual(await ok("GET", `/v1/diagnostics?mesh=shop&limit=1&nextToken=${first.nextToken}`), {
        diagnostics: [diagnostics[1]],
      });
      assert.deepEqual(await answer("GET", "/v1/diagnostics"), {
        status: 400,
        type: "BadRequestException",
        message: "mesh: nothing was given; the name of a mesh is required.",
      });

      const diagnose = (...args: string[]) =>
        runAppmesh("diagnose", ["--endpoint", controlPlane.api, ...args]);
      assert.deepEqual(await diagnose("--mesh", "shop"), {
        code: 1,
        stderr: "",
        stdout: [
          "warning  UnusedVirtualNode  virtualNode/lone",
          "    no route sends to the virtual node, and it provides no virtual service: its listeners get no traffic from the mesh.",
          "    Make it the target of a route or the provider of a virtual service, or remove its listeners.",
          "error    MissingBackend     virtualNode/web   spec.backends[0].virtualService.virtualServiceName",
          "    virtual service gone.local does not exist: calls to it fail.",
          "    Create virtual service gone.local, correct the name, or remove the backend.",
          "mesh shop: 1 error, 1 warning",
          "",
        ].join("\n"),
      });
      await ok("PUT", `${meshes}/shop/virtualServices`, {
        virtualServiceName: "gone.local",
        spec: toNode("lone"),
      });
      assert.deepEqual(await diagnose("--mesh", "shop"), {
        code: 0,
        stderr: "",
        stdout: "mesh shop: 0 errors, 0 warnings\n",
      });
      assert.deepEqual(await diagnose("--mesh", "shop", "--json"), {
        code: 0,
        stderr: "",
        stdout: '{\n  "diagnostics": []\n}\n',
      });
      assert.deepEqual(await diagnose("--mesh", "gone"), {
        code: 2,
        stderr: `appmesh diagnose: Mesh with name gone is not present for account ${OWNER}\n`,
        stdout: "",
      });
      assert.deepEqual(await diagnose(), {
        code: 2,
        stderr: "error: required option '--mesh <name>' not specified\n",
        stdout: "",
      });
      assert.equal((await diagnose("--help")).code, 0);
    });
  });

  it("shares a mesh with another account, for as long as its owner wants", async () => {
    const root: AccessKey = {
      accessKeyId: "AKIDOWNER",
      secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    };
    const controlPlane = await startControlPlane({ accessKey: root });
    try {
      const issued = await runAppmesh(
        "keys",
        ["create", "--endpoint", controlPlane.api, "--account", CONSUMER],
        { accessKey: root },
      );
      assert.equal(issued.code, 0, issued.stderr);
      const { accessKeyId, secretAccessKey } = JSON.parse(issued.stdout).accessKey;
      const consumer = controlPlane.as({ accessKeyId, secretAccessKey });
      const owner = (method: string, path: string, body?: object) => controlPlane.call(method, path, body);
      const told = async (answered: ReturnType<typeof owner>) => {
        const { status, headers, body } = await answered;
        return [status, headers.get("x-amzn-errortype"), body.message];
      };
      const inMesh = (path: string) => `${meshes}/shop${path}?meshOwner=${OWNER}`;
      const hidden = [404, "NotFoundException", `Mesh with name shop is not present for account ${OWNER}`];
      const node = (virtualNodeName: string) => ({ virtualNodeName, spec: spec() });

      await owner("PUT", meshes, { meshName: "shop" });
      await owner("PUT", `${meshes}/shop/virtualNodes`, node("owners"));
      assert.deepEqual(await told(consumer("GET", inMesh(""))), hidden);
      assert.deepEqual(await told(consumer("PUT", inMesh("/virtualNodes"), node("theirs"))), hidden);
      assert.deepEqual(await told(consumer("GET", `/v1/diagnostics?mesh=shop&meshOwner=${OWNER}`)), hidden);

      const shared = await owner("PUT", `/v1/meshes/shop/shares/${CONSUMER}`);
      assert.equal(shared.status, 200, JSON.stringify(shared.body));
      const [listed] = (await consumer("GET", meshes)).body.meshes;
      assert.deepEqual([listed.meshName, listed.meshOwner, listed.resourceOwner], ["shop", OWNER, OWNER]);
      const { body: created } = await consumer("PUT", inMesh("/virtualNodes"), node("theirs"));
      assert.deepEqual(
        [created.metadata.arn, created.metadata.meshOwner, created.metadata.resourceOwner],
        [`arn:aws:appmesh:us-east-1:${OWNER}:mesh/shop/virtualNode/theirs`, OWNER, CONSUMER],
      );
      assert.deepEqual(await told(consumer("PUT", inMesh("/virtualNodes/owners"), { spec: {} })), [
        403,
        "ForbiddenException",
        `account ${CONSUMER} may not update VirtualNode owners: only the account that created it, ${OWNER}, may`,
      ]);
      assert.deepEqual(
        await told(
          consumer("PUT", inMesh("/virtualGateways"), {
            virtualGatewayName: "g",
            spec: { listeners: spec().listeners },
          }),
        ),
        [
          403,
          "ForbiddenException",
          `account ${CONSUMER} may not create a VirtualGateway in mesh shop of account ${OWNER}: only the owner of a shared mesh may`,
        ],
      );

      const scoped = await runAppmesh("keys", ["create", "--endpoint", controlPlane.api, "--mesh", "shop"], {
        accessKey: root,
      });
      assert.equal(scoped.code, 0, scoped.stderr);
      const ofMesh = controlPlane.as(JSON.parse(scoped.stdout).accessKey);
      const share = `/v1/meshes/shop/shares/${CONSUMER}`;
      assert.equal((await ofMesh("GET", share)).status, 200);
      assert.equal((await ofMesh("GET", "/v1/diagnostics?mesh=shop")).status, 200);
      assert.deepEqual((await told(ofMesh("DELETE", share))).slice(0, 2), [403, "ForbiddenException"]);

      await owner("DELETE", `/v1/meshes/shop/shares/${CONSUMER}`);
      assert.deepEqual(await told(consumer("GET", inMesh("/virtualNodes/theirs"))), hidden);
      assert.deepEqual((await consumer("GET", meshes)).body, { meshes: [] });
      assert.equal((await owner("DELETE", `${meshes}/shop/virtualNodes/theirs`)).status, 200);
    } finally {
      await controlPlane.stop();
    }
  });
});
