import { type Example, type Input, type Inputs, write } from "./example.js";

/** Outputs that must look like what they are. */
export const formed: Readonly<Record<string, string>> = {
  address: "10.96.0.10",
  caCertificate: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
  xdsEndpoint: "appmesh-control-plane.appmesh-control-plane.svc.cluster.local:18001",
};

/**
 * What an example gives a resource, or asks a function for, once it runs: outputs are what the other resource was given
 * under that name, or else the words "<name> <property>".
 */
export function resolved(inputs: Inputs, { resources, lookups = [] }: Example): Record<string, unknown> {
  const within = (value: Input): unknown =>
    write<unknown>(value, {
      text: (content) => content,
      scalar: (content) => content,
      output: ({ variable, property }) => {
        const made = resources.find((each) => each.variable === variable);
        const looked = lookups.find((each) => each.variable === variable);
        const given = (made ?? looked)?.inputs[property];
        if (given !== undefined) return within(given);
        return formed[property] ?? `${made?.name ?? looked?.function} ${property}`;
      },
      secret: (content) => content,
      list: (items) => items.map(within),
      object: members,
    });
  const members = (all: Inputs): Record<string, unknown> =>
    Object.fromEntries(Object.entries(all).map(([key, member]) => [key, within(member)]));
  return members(inputs);
}
