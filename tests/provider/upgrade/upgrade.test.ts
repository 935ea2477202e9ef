// A user's stack, made by an earlier release, under this one: nothing is replaced, nothing changes by itself, and
// everything can still be changed and taken down.
import assert from "node:assert/strict";
import { runtime } from "@pulumi/pulumi";
import { type ControlPlane, startControlPlane } from "../../support/control-plane.js";
import { type StateResource, TestStack } from "../stack.js";
import { programOf } from "./program.js";
import { releases, stateOf } from "./states.js";

const api = "/v20190125/meshes";
/** Where each kind of entity is made, in an order in which each finds what it needs. */
const places: [type: string, path: (inputs: Record<string, unknown>) => string][] = [
  ["Mesh", () => ""],
  ["VirtualNode", ({ meshName }) => `/${meshName}/virtualNodes`],
  ["VirtualRouter", ({ meshName }) => `/${meshName}/virtualRouters`],
  ["Route", ({ meshName, virtualRouterName }) => `/${meshName}/virtualRouter/${virtualRouterName}/routes`],
  ["VirtualService", ({ meshName }) => `/${meshName}/virtualServices`],
  ["VirtualGateway", ({ meshName }) => `/${meshName}/virtualGateways`],
  [
    "GatewayRoute",
    ({ meshName, virtualGatewayName }) => `/${meshName}/virtualGateway/${virtualGatewayName}/gatewayRoutes`,
  ],
];

describe("the state of an earlier release", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  before(async () => {
    controlPlane = await startControlPlane();
  });
  after(() => controlPlane?.stop());

  /** Brings the control plane to where the release left it. */
  async function restore(resources: readonly StateResource[]): Promise<void> {
    for (const [type, path] of places) {
      for (const { inputs } of resources.filter((each) => each.type === `appmesh:index:${type}`)) {
        const name = `${type.charAt(0).toLowerCase()}${type.slice(1)}Name`;
        const tags = Object.entries(inputs.tags ?? {}).map(([key, value]) => ({ key, value }));
        const answer = await controlPlane.call("PUT", api + path(inputs), {
          [name]: inputs[name],
          spec: inputs.spec,
          tags,
        });
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
      }
    }
  }

  it("is kept of the first release, and of each one since", () => {
    assert.equal(releases[0], "0.1.0");
  });

  for (const release of releases) {
    it(`${release} is left as it is, changed in place, and taken down`, async () => {
      const stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
      const { resources } = stateOf(release).deployment as { resources: StateResource[] };
      const types = new Set(resources.map(({ type }) => type.split(":").at(-1)));
      for (const type of [...places.map(([each]) => each), "MeshService", "Gateway"])
        assert.ok(types.has(type), `${release} has a ${type}`);
      await restore(resources);
      await stack.stack.importStack(stateOf(release));

      for (const options of [{}, { refresh: true }]) {
        const { failure, messages, steps } = await stack.preview(programOf(release), options);
        const changes = steps.filter(({ op }) => op !== "refresh");
        assert.deepEqual({ failure, messages, changes }, { failure: undefined, messages: [], changes: [] });
      }

      const changed = await stack.up(async () => {
        runtime.registerStackTransformation(({ props, opts }) =>
          "tags" in props
            ? { props: { ...props, tags: { ...props.tags, release: "next" } }, opts }
            : undefined,
        );
        await programOf(release)();
      });
      assert.deepEqual([changed.failure, changed.messages], [undefined, []]);
      const made = resources.filter(({ type }) => type.startsWith("appmesh:"));
      assert.deepEqual(
        changed.steps
          .map(({ op, type, name, diff }) => `${op} ${type} ${name} ${Object.entries(diff ?? {})}`)
          .sort(),
        made
          .map(({ type, urn, id }) => {
            const how = id === undefined ? "" : "tags.release,add";
            return `update ${type} ${urn.split("::").at(-1)} ${how}`;
          })
          .sort(),
      );
      const gone = await stack.destroy();
      assert.deepEqual([gone.failure, gone.messages], [undefined, []]);
      assert.deepEqual((await controlPlane.call("GET", api)).body, { meshes: [] });
    });
  }
});
