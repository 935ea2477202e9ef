import { type FunctionType, functionTypes } from "../functions/types.js";
import type { ResourceType } from "../resources/types.js";
import { type Example, type Inputs, output } from "./example.js";

/** The names of what examples look at and import. */
const names: Readonly<Record<string, string>> = {
  meshName: "shop",
  virtualNodeName: "catalog-v1",
  virtualRouterName: "catalog",
  routeName: "canary",
  virtualServiceName: "catalog.shop.local",
  virtualGatewayName: "ingress",
  gatewayRouteName: "catalog",
};

const named = (members: readonly string[]): Inputs =>
  Object.fromEntries(members.map((member) => [member, names[member] as string]));

/** An entity's id, as one is imported by it. */
export const exampleId = ({ nameMembers }: ResourceType): string =>
  Object.values(named(nameMembers)).join("/");

/** By function. */
export const functionExamples: Readonly<Record<string, Example>> = Object.fromEntries(
  [...functionTypes].map(([token, each]) => [token.replace("appmesh:index:", ""), functionExample(each)]),
);

function functionExample(each: FunctionType): Example {
  const { token, type } = each;
  const { kind, nameMembers } = type;
  const call = { variable: "found", function: token.replace("appmesh:index:", "") };
  return each.of === "entity"
    ? {
        title: `The Amazon Resource Name of ${names[nameMembers.at(-1) as string]}, which is there already`,
        lookups: [{ ...call, inputs: named(nameMembers) }],
        resources: [],
        outputs: { [`${kind}Arn`]: output("found", "arn") },
      }
    : {
        title:
          nameMembers.length === 1
            ? "All of them"
            : `All that ${Object.values(named(nameMembers.slice(0, -1))).join("/")} has`,
        lookups: [{ ...call, inputs: named(nameMembers.slice(0, -1)) }],
        resources: [],
        outputs: { [each.listMember]: output("found", each.listMember) },
      };
}
