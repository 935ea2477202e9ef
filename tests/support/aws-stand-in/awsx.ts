// The components of AWSX (Crosswalk for AWS) that examples use, as far as they use them.
import type { ConstructResult, Provider } from "@pulumi/pulumi/provider/index.js";
import { ApplicationLoadBalancer, FargateService } from "./awsx-fargate.js";
import { Vpc } from "./awsx-vpc.js";

/** By token, with the inputs that each knows. */
const known = {
  "awsx:ec2:Vpc": { of: Vpc, inputs: ["enableDnsHostnames"] },
  "awsx:lb:ApplicationLoadBalancer": {
    of: ApplicationLoadBalancer,
    inputs: ["subnetIds", "securityGroups", "defaultTargetGroup"],
  },
  "awsx:ecs:FargateService": {
    of: FargateService,
    inputs: ["cluster", "taskDefinition", "desiredCount", "networkConfiguration", "loadBalancers"],
  },
};

export const components: Provider = {
  version: "3.9.0",
  async construct(name, type, inputs, options): Promise<ConstructResult> {
    const component = known[type as keyof typeof known];
    if (component === undefined) {
      throw new Error(`the stand-in for awsx knows no ${type}: tell it in its definition`);
    }
    const unknown = Object.keys(inputs).filter((input) => !component.inputs.includes(input));
    if (unknown.length > 0) throw new Error(`the stand-in for awsx knows no input ${unknown} of ${type}`);
    const { urn, outputs } = new component.of(name, inputs as never, options);
    return { urn, state: await outputs };
  },
};
