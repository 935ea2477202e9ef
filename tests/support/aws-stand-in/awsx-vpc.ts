// The component Vpc of AWSX: of resources of AWS by the names, with the parents and in the numbers that the real one has. Only
// the sizes of the subnets are others.
import { Eip } from "@pulumi/aws/ec2/eip.js";
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway.js";
import { NatGateway } from "@pulumi/aws/ec2/natGateway.js";
import { Route } from "@pulumi/aws/ec2/route.js";
import { RouteTable } from "@pulumi/aws/ec2/routeTable.js";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation.js";
import { Subnet } from "@pulumi/aws/ec2/subnet.js";
import { Vpc as PlainVpc } from "@pulumi/aws/ec2/vpc.js";
import { getAvailabilityZones } from "@pulumi/aws/getAvailabilityZones.js";
import { ComponentResource, type ComponentResourceOptions, type Input, type Inputs } from "@pulumi/pulumi";

interface VpcArgs {
  readonly enableDnsHostnames?: Input<boolean>;
}

/** With a public and a private subnet in each of three zones, and a NAT gateway in each. */
export class Vpc extends ComponentResource {
  readonly outputs: Promise<Inputs>;

  constructor(name: string, args: VpcArgs, opts: ComponentResourceOptions) {
    super("awsx:ec2:Vpc", name, args as Inputs, opts);
    this.outputs = this.#make(name, args);
  }

  async #make(name: string, { enableDnsHostnames }: VpcArgs): Promise<Inputs> {
    const { names } = await getAvailabilityZones({}, { parent: this });
    const vpc = new PlainVpc(
      name,
      {
        cidrBlock: "10.0.0.0/16",
        tags: { Name: name },
        ...(enableDnsHostnames !== undefined && { enableDnsHostnames }),
      },
      { parent: this },
    );
    const vpcId = vpc.id;
    const internetGateway = new InternetGateway(name, { vpcId }, { parent: vpc });
    const [subnets, eips, natGateways]: [Subnet[], Eip[], NatGateway[]] = [[], [], []];
    for (const [index, availabilityZone] of names.slice(0, 3).entries()) {
      for (const type of ["public", "private"] as const) {
        const isPublic = type === "public";
        const full = `${name}-${type}-${index + 1}`;
        const subnet = new Subnet(
          full,
          {
            vpcId,
            availabilityZone,
            mapPublicIpOnLaunch: isPublic,
            cidrBlock: `10.0.${32 * index + (isPublic ? 16 : 0)}.0/20`,
          },
          { parent: vpc },
        );
        subnets.push(subnet);
        const table = new RouteTable(full, { vpcId }, { parent: subnet });
        const ofTable = { parent: table };
        new RouteTableAssociation(full, { routeTableId: table.id, subnetId: subnet.id }, ofTable);
        if (isPublic) {
          const eip = new Eip(`${name}-${index + 1}`, {}, { parent: subnet });
          const from = { subnetId: subnet.id, allocationId: eip.allocationId };
          natGateways.push(new NatGateway(`${name}-${index + 1}`, from, { parent: subnet }));
          eips.push(eip);
        }
        const gateway = isPublic
          ? { gatewayId: internetGateway.id }
          : { natGatewayId: (natGateways[index] as NatGateway).id };
        new Route(full, { routeTableId: table.id, destinationCidrBlock: "0.0.0.0/0", ...gateway }, ofTable);
      }
    }
    const ids = (isPublic: boolean) =>
      subnets.filter((_, index) => (index % 2 === 0) === isPublic).map(({ id }) => id);
    return {
      ...{ vpc, vpcId, subnets, internetGateway, eips, natGateways },
      ...{ publicSubnetIds: ids(true), privateSubnetIds: ids(false), isolatedSubnetIds: [] },
    };
  }
}
