// The options of a resource on the components of ECS, with Pulumi's real engine: what each of their children gets.
import assert from "node:assert/strict";
import { Provider as Aws } from "@pulumi/aws/provider.js";
import * as pulumi from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { putStandIn } from "../support/aws-stand-in/stand-in.js";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { taskArgs, controlPlane as xds } from "./ecs-programs.js";
import { network, serviceArgs, serviceChildren } from "./ecs-service-programs.js";
import { type StateResource, TestStack } from "./stack.js";

const components = ["MeshTaskDefinition task", "MeshEcsService catalog", "MeshGateway web"];

describe("the options of the components of ECS", function () {
  this.timeout(240_000);
  let controlPlane: ControlPlane;
  before(async () => {
    controlPlane = await startControlPlane();
  });
  after(() => controlPlane?.stop());

  /** All three of them, with these options. */
  const program =
    (optionsOf: () => Partial<pulumi.ComponentResourceOptions>, parent?: () => pulumi.Resource) =>
    async () => {
      const mesh = new appmesh.Provider("mine", { endpoint: controlPlane.api });
      const aws = new Aws("west", { region: "us-west-2" });
      const { meshName } = new appmesh.Mesh("shop", { meshName: "shop" }, { provider: mesh });
      const under = parent?.();
      const options = (component: string): pulumi.ComponentResourceOptions => ({
        provider: mesh,
        providers: [aws],
        ...(under && {
          parent: under,
          aliases: [`urn:pulumi:test::shop::appmesh:index:${component.replace(" ", "::")}`],
        }),
        ...optionsOf(),
      });
      const [task = "", service = "", gateway = ""] = components;
      new appmesh.MeshTaskDefinition("task", taskArgs({ meshName }), options(task));
      new appmesh.MeshEcsService("catalog", serviceArgs({ meshName }), options(service));
      new appmesh.MeshGateway(
        "web",
        {
          meshName,
          ...network,
          listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
          routes: {},
          loadBalancer: {},
          clientCidrs: { everybody: "0.0.0.0/0" },
          controlPlane: xds,
        },
        options(gateway),
      );
    };

  it("are those of all that they are made of: providers, protection, transforms and aliases", async () => {
    const aws = putStandIn("aws");
    // No endpoint but the given provider's: whatever used another one would find no control plane.
    const stack = await TestStack.create({ APPMESH_MAX_RETRIES: "0" });
    const transform = ({ props, opts, type }: { type: string; props: object; opts: object }) =>
      type.startsWith("aws:") && !/iam\/rolePolicy:/.test(type)
        ? { opts, props: { ...props, tags: { by: "transform" } } }
        : undefined;
    const up = await stack.up(program(() => ({ protect: true, transforms: [transform] as never })));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);

    const state = (await stack.resources()) as readonly (StateResource & {
      readonly provider?: string;
      readonly protect?: boolean;
    })[];
    const shown = ({ type, urn }: StateResource) => `${type} ${urn.split("::").slice(3).join("::")}`;
    const ours = state.filter(({ type }) => type !== "appmesh:index:Mesh");
    assert.deepEqual(
      ours
        .filter((each) => / catalog/.test(shown(each)))
        .map(shown)
        .sort(),
      [...serviceChildren("catalog")].sort(),
    );
    assert.equal(ours.filter((each) => / web/.test(shown(each))).length, 20);
    assert.deepEqual(ours.filter(({ protect }) => protect !== true).map(shown), []);
    const providers = ours.flatMap(({ type, provider }) =>
      provider === undefined || provider === "" ? [] : [`${type.split(":")[0]} ${provider.split("::")[3]}`],
    );
    assert.deepEqual([...new Set(providers)].sort(), ["appmesh mine", "aws west"]);
    const made = Object.entries(aws.made()).filter(([key]) => !/iam\/rolePolicy:/.test(key));
    assert.ok(made.length > 25);
    assert.deepEqual(
      made.filter(([, { tags }]) => JSON.stringify(tags) !== '{"by":"transform"}').map(([key]) => key),
      [],
    );

    const group = () => new pulumi.ComponentResource("shop:index:Group", "group");
    const options = () => ({ protect: true, transforms: [transform] as never });
    const moved = await stack.preview(program(options, group));
    assert.deepEqual([moved.failure, moved.messages], [undefined, []]);
    assert.deepEqual(
      moved.steps.map(({ op, name }) => `${op} ${name}`),
      ["create group"],
    );

    const guarded = await stack.destroy();
    assert.notEqual(guarded.failure, undefined);
    assert.match(guarded.messages.join("\n"), /cannot be deleted\s+because it is protected/);
    assert.equal((await stack.up(program(() => ({ transforms: [transform] as never })))).failure, undefined);
    assert.equal((await stack.destroy()).failure, undefined);
  });
});
