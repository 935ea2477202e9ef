import { IpPreference } from "./ip-preference.js";
import { enumeration, type Infer, list, optional, required, string, structure, union } from "./shape.js";

const ipPreference = optional(
  IpPreference,
  "IP versions for this virtual node. If unset, the data plane applies what the mesh prefers.",
);

export const DnsResponseType = enumeration(
  "DnsResponseType",
  "What the addresses in a DNS answer stand for.",
  {
    LOADBALANCER: "One load balancer: each new connection goes to the first address of the last answer.",
    ENDPOINTS: "The endpoints themselves: requests are balanced over all addresses of the last answer.",
  },
);
export type DnsResponseType = Infer<typeof DnsResponseType>;

export const DnsServiceDiscovery = structure("DnsServiceDiscovery", "Endpoints that are found by DNS.", {
  hostname: required(
    string({ minLength: 1 }),
    "Host name that the callers' proxies resolve, or an IP address.",
  ),
  responseType: optional(
    DnsResponseType,
    "What the addresses in an answer stand for: LOADBALANCER or ENDPOINTS. If unset, the data plane applies LOADBALANCER.",
  ),
  ipPreference,
});
export type DnsServiceDiscovery = Infer<typeof DnsServiceDiscovery>;

export const AwsCloudMapInstanceAttribute = structure(
  "AwsCloudMapInstanceAttribute",
  "An attribute that an instance in AWS Cloud Map must have.",
  {
    key: required(
      string({
        minLength: 1,
        maxLength: 255,
        pattern: {
          regex: /^[a-zA-Z0-9!-~]+$/,
          says: "in printable ASCII without spaces",
        },
      }),
      "Name of the attribute, 1 to 255 printable ASCII characters without spaces.",
    ),
    value: required(
      string({
        minLength: 1,
        maxLength: 1024,
        pattern: {
          regex: /^([a-zA-Z0-9!-~][ a-zA-Z0-9!-~]*){0,1}[a-zA-Z0-9!-~]{0,1}$/,
          says: "in printable ASCII that does not begin with a space",
        },
      }),
      "Value of the attribute, 1 to 1024 printable ASCII characters, the first of which is no space.",
    ),
  },
);
export type AwsCloudMapInstanceAttribute = Infer<typeof AwsCloudMapInstanceAttribute>;

export const AwsCloudMapServiceDiscovery = structure(
  "AwsCloudMapServiceDiscovery",
  "Endpoints that are registered as instances of a service in AWS Cloud Map.",
  {
    namespaceName: required(
      string({ minLength: 1, maxLength: 1024 }),
      "Name of the namespace, 1 to 1024 characters.",
    ),
    serviceName: required(
      string({ minLength: 1, maxLength: 1024 }),
      "Name of the service, 1 to 1024 characters.",
    ),
    attributes: optional(
      list(AwsCloudMapInstanceAttribute),
      "Only instances that have all of these attributes are endpoints. If unset, all instances of the service are.",
    ),
    ipPreference,
  },
);
export type AwsCloudMapServiceDiscovery = Infer<typeof AwsCloudMapServiceDiscovery>;

export const ServiceDiscovery = union(
  "ServiceDiscovery",
  "How callers find the endpoints of a virtual node. Exactly one member is given.",
  {
    awsCloudMap: optional(AwsCloudMapServiceDiscovery, "By AWS Cloud Map."),
    dns: optional(DnsServiceDiscovery, "By DNS."),
  },
);
export type ServiceDiscovery = Infer<typeof ServiceDiscovery>;
