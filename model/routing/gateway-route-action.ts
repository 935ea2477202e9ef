import { resourceReference } from "../names.js";
import { portNumber } from "../port-mapping.js";
import {
  atMostOne,
  enumeration,
  type Infer,
  optional,
  required,
  string,
  structure,
  union,
} from "../shape.js";

export const DefaultGatewayRouteRewrite = enumeration(
  "DefaultGatewayRouteRewrite",
  "Whether a gateway rewrites a part of a request as it does by default.",
  { ENABLED: "The part is rewritten.", DISABLED: "The part is left as the client sent it." },
);
export type DefaultGatewayRouteRewrite = Infer<typeof DefaultGatewayRouteRewrite>;

export const GatewayRouteVirtualService = structure(
  "GatewayRouteVirtualService",
  "A virtual service that a gateway sends requests to.",
  { virtualServiceName: required(resourceReference, "Name of the virtual service, 1 to 255 characters.") },
);
export type GatewayRouteVirtualService = Infer<typeof GatewayRouteVirtualService>;

export const GatewayRouteTarget = structure(
  "GatewayRouteTarget",
  "Where a gateway route sends its requests.",
  {
    virtualService: required(GatewayRouteVirtualService, "The virtual service."),
    port: optional(
      portNumber,
      "Port of the virtual service, 1 to 65535. It must be given if the provider of the virtual service has more than " +
        "one listener; if unset, the data plane takes its only one.",
    ),
  },
);
export type GatewayRouteTarget = Infer<typeof GatewayRouteTarget>;

export const GatewayRouteHostnameRewrite = structure(
  "GatewayRouteHostnameRewrite",
  "What becomes of the host name of a request.",
  {
    defaultTargetHostname: optional(
      DefaultGatewayRouteRewrite,
      "Whether the host name is rewritten to the name of the virtual service. If unset, the data plane applies ENABLED.",
    ),
  },
);
export type GatewayRouteHostnameRewrite = Infer<typeof GatewayRouteHostnameRewrite>;

export const HttpGatewayRoutePrefixRewrite = union(
  "HttpGatewayRoutePrefixRewrite",
  "What becomes of the prefix that was matched. Exactly one member is given.",
  {
    defaultPrefix: optional(
      DefaultGatewayRouteRewrite,
      'Whether the prefix is rewritten to "/" (ENABLED) or left as it is (DISABLED).',
    ),
    value: optional(
      string({ minLength: 1, maxLength: 255 }),
      'What the prefix is rewritten to, 1 to 255 characters. It starts with "/".',
    ),
  },
);
export type HttpGatewayRoutePrefixRewrite = Infer<typeof HttpGatewayRoutePrefixRewrite>;

export const HttpGatewayRoutePathRewrite = structure(
  "HttpGatewayRoutePathRewrite",
  "What becomes of the path.",
  {
    exact: optional(
      string({ minLength: 1, maxLength: 255 }),
      'What the whole path is rewritten to, 1 to 255 characters. It starts with "/". If unset, the path is left as it is.',
    ),
  },
);
export type HttpGatewayRoutePathRewrite = Infer<typeof HttpGatewayRoutePathRewrite>;

export const HttpGatewayRouteRewrite = structure(
  "HttpGatewayRouteRewrite",
  "What a gateway rewrites in a request before it sends it on. At most one of prefix and path is given.",
  {
    hostname: optional(
      GatewayRouteHostnameRewrite,
      "The host name. If unset, it becomes the name of the virtual service.",
    ),
    prefix: optional(HttpGatewayRoutePrefixRewrite, 'The prefix that was matched. If unset, it becomes "/".'),
    path: optional(HttpGatewayRoutePathRewrite, "The whole path."),
  },
  atMostOne("prefix", "path"),
);
export type HttpGatewayRouteRewrite = Infer<typeof HttpGatewayRouteRewrite>;

export const GrpcGatewayRouteRewrite = structure(
  "GrpcGatewayRouteRewrite",
  "What a gateway rewrites in a call before it sends it on.",
  {
    hostname: optional(
      GatewayRouteHostnameRewrite,
      "The host name. If unset, it becomes the name of the virtual service.",
    ),
  },
);
export type GrpcGatewayRouteRewrite = Infer<typeof GrpcGatewayRouteRewrite>;

export const target = required(GatewayRouteTarget, "Where the request is sent.");
