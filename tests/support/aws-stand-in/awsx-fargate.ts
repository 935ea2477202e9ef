// The components ApplicationLoadBalancer and FargateService of AWSX, of the resources of AWS that the real ones make.
import { getSubnetOutput } from "@pulumi/aws/ec2/getSubnet.js";
import { Service, type ServiceArgs } from "@pulumi/aws/ecs/service.js";
import { Listener } from "@pulumi/aws/lb/listener.js";
import { LoadBalancer } from "@pulumi/aws/lb/loadBalancer.js";
import { TargetGroup, type TargetGroupArgs } from "@pulumi/aws/lb/targetGroup.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Inputs,
  output,
} from "@pulumi/pulumi";

interface ApplicationLoadBalancerArgs {
  readonly subnetIds: Input<Input<string>[]>;
  readonly securityGroups: Input<Input<string>[]>;
  readonly defaultTargetGroup?: TargetGroupArgs;
}

/** With one listener for HTTP. */
export class ApplicationLoadBalancer extends ComponentResource {
  readonly outputs: Promise<Inputs>;

  constructor(name: string, args: ApplicationLoadBalancerArgs, opts: ComponentResourceOptions) {
    super("awsx:lb:ApplicationLoadBalancer", name, {}, opts);
    const child = { parent: this };
    const { subnetIds, securityGroups, defaultTargetGroup } = args;
    const { vpcId } = getSubnetOutput({ id: output(subnetIds).apply(([id = ""]) => id) }, child);
    const loadBalancer = new LoadBalancer(name, { subnets: subnetIds, securityGroups }, child);
    const http = { port: 80, protocol: "HTTP" };
    const targets = new TargetGroup(name, { vpcId, targetType: "ip", ...http, ...defaultTargetGroup }, child);
    const defaultActions = [{ type: "forward", targetGroupArn: targets.arn }];
    const loadBalancerArn = loadBalancer.arn;
    const listener = new Listener(`${name}-0`, { ...http, defaultActions, loadBalancerArn }, child);
    this.outputs = Promise.resolve({
      loadBalancer,
      defaultTargetGroup: targets,
      listeners: [listener],
      vpcId,
    });
  }
}

/** Of a task definition that is there. */
export class FargateService extends ComponentResource {
  readonly outputs: Promise<Inputs>;

  constructor(name: string, args: ServiceArgs, opts: ComponentResourceOptions) {
    super("awsx:ecs:FargateService", name, {}, opts);
    const service = new Service(
      name,
      { ...args, launchType: "FARGATE", waitForSteadyState: true },
      { parent: this },
    );
    this.outputs = Promise.resolve({ service });
  }
}
