// What the components use of the AWS provider, as far as an engine can tell it from the real one.
import type { ObjectValue, Value } from "@pulumi-appmesh/provider/server/values.js";
import { type StandInDefinition, type StandInResource, text } from "./definition.js";

export const account = "123456789012";
export const region = "eu-west-1";

const iamArn = (kind: string, name: Value | undefined) => `arn:aws:iam::${account}:${kind}/${text(name)}`;
const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${account}:${rest}`;

/** Has a name of its own, which is its id, and an ARN that ends with it. */
const named = (service: string, prefix: string): StandInResource => ({
  autoname: "name",
  replaceOn: ["name"],
  id: ({ name }) => text(name),
  outputs: ({ name }) => ({ arn: arn(service, `${prefix}${text(name)}`), region }),
});

export const standIn: StandInDefinition = {
  name: "aws",
  version: "7.48.0",
  resources: {
    "aws:cloudwatch/logGroup:LogGroup": named("logs", "log-group:"),
    "aws:iam/role:Role": {
      autoname: "name",
      required: ["assumeRolePolicy"],
      replaceOn: ["name"],
      id: ({ name }) => text(name),
      outputs: ({ name }) => ({ arn: iamArn("role", name), uniqueId: `AROA-${text(name)}` }),
    },
    "aws:iam/rolePolicy:RolePolicy": {
      autoname: "name",
      required: ["role", "policy"],
      replaceOn: ["name", "role"],
      id: ({ role, name }) => `${text(role)}:${text(name)}`,
    },
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
      required: ["role", "policyArn"],
      replaceOn: ["role", "policyArn"],
      id: ({ role, policyArn }) => `${text(role)}/${text(policyArn)}`,
    },
    "aws:sns/topic:Topic": named("sns", ""),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": {
      required: ["clusterName", "namespace", "roleArn", "serviceAccount"],
      replaceOn: ["clusterName", "namespace", "serviceAccount"],
      id: ({ clusterName, serviceAccount }) => `${text(clusterName)},a-${text(serviceAccount)}`,
      outputs: (_, id) => ({ associationId: id.split(",")[1] ?? "", region }),
    },
    "aws:ecs/taskDefinition:TaskDefinition": {
      required: ["family", "containerDefinitions"],
      // Each change but that of tags is a revision of its own.
      replaceOn: [
        ...["containerDefinitions", "cpu", "memory", "family", "networkMode", "proxyConfiguration"],
        ...["requiresCompatibilities", "executionRoleArn", "taskRoleArn", "volumes", "runtimePlatform"],
        ...["ephemeralStorage", "placementConstraints", "pidMode", "ipcMode", "enableFaultInjection"],
      ],
      id: ({ family }) => text(family),
      outputs: ({ family }) => ({
        arn: arn("ecs", `task-definition/${text(family)}:1`),
        arnWithoutRevision: arn("ecs", `task-definition/${text(family)}`),
        revision: 1,
        region,
      }),
    },
  },
  functions: {
    "aws:index/getRegion:getRegion": (): ObjectValue => ({
      id: region,
      region,
      name: region,
      description: region,
    }),
  },
};
