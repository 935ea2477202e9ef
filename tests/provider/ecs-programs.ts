// Programs with a MeshTaskDefinition, which the tests put on a stack.
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";
import type { Call } from "../support/aws-stand-in/definition.js";

export const secretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:appmesh/catalog-AbCdEf";
export const trustArn = "arn:aws:ssm:eu-west-1:123456789012:parameter/appmesh/trust";
export const TASK = "aws:ecs/taskDefinition:TaskDefinition";

export const app = {
  name: "catalog",
  image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/catalog:1.4.2",
  portMappings: [{ containerPort: 8080 }],
};
export const controlPlane = {
  host: "appmesh.shop.internal",
  trustFrom: trustArn,
  tokenFrom: `${secretArn}:token::`,
};

export const taskArgs = (
  more: Partial<appmesh.MeshTaskDefinitionArgs> = {},
): appmesh.MeshTaskDefinitionArgs => ({
  meshName: "shop",
  virtualNode: "shop/catalog",
  controlPlane,
  containerDefinitions: [app],
  cpu: 256,
  memory: 512,
  ...more,
});

/** A task definition whose outputs, by their names, are those of the stack. */
export const taskProgram =
  (
    args = taskArgs(),
    outputs: readonly (keyof appmesh.MeshTaskDefinition)[] = [],
    opts: ComponentResourceOptions = {},
  ) =>
  async () => {
    const made = new appmesh.MeshTaskDefinition("catalog", args, opts);
    return Object.fromEntries(outputs.map((name) => [name, made[name]]));
  };

/** The statements of a policy that was made. */
export const statements = (inputs: Call["inputs"] | undefined) =>
  JSON.parse(String(inputs?.policy)).Statement;
