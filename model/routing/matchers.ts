import {
  boolean,
  enumeration,
  type Infer,
  integer,
  list,
  optional,
  required,
  string,
  structure,
  union,
} from "../shape.js";

export const HttpMethod = enumeration("HttpMethod", "The method of an HTTP request.", {
  GET: "GET.",
  HEAD: "HEAD.",
  POST: "POST.",
  PUT: "PUT.",
  DELETE: "DELETE.",
  CONNECT: "CONNECT.",
  OPTIONS: "OPTIONS.",
  TRACE: "TRACE.",
  PATCH: "PATCH.",
});
export type HttpMethod = Infer<typeof HttpMethod>;

export const HttpScheme = enumeration("HttpScheme", "The scheme of an HTTP request.", {
  http: "Without TLS.",
  https: "With TLS.",
});
export type HttpScheme = Infer<typeof HttpScheme>;

/** A header's or path's value that is matched on. */
const text = string({ minLength: 1, maxLength: 255 });

export const HttpPathMatch = union("HttpPathMatch", "Which paths match. Exactly one member is given.", {
  exact: optional(text, "The whole path, 1 to 255 characters, without the query."),
  regex: optional(
    text,
    "A regular expression (RE2) that the whole path matches, 1 to 255 characters, without the query.",
  ),
});
export type HttpPathMatch = Infer<typeof HttpPathMatch>;

export const QueryParameterMatch = structure(
  "QueryParameterMatch",
  "Which values of a query parameter match.",
  {
    exact: optional(string(), "The whole value. If unset, any value matches."),
  },
);
export type QueryParameterMatch = Infer<typeof QueryParameterMatch>;

export const HttpQueryParameter = structure(
  "HttpQueryParameter",
  "A query parameter that a request must have.",
  {
    name: required(string({ minLength: 1 }), "Name of the parameter."),
    match: optional(QueryParameterMatch, "Which values match. If unset, the parameter only has to be there."),
  },
);
export type HttpQueryParameter = Infer<typeof HttpQueryParameter>;

export const HttpQueryParameters = list(HttpQueryParameter, { minItems: 1, maxItems: 10 });

export const MatchRange = structure("MatchRange", "A range of integers.", {
  start: required(integer(), "First integer of the range; it matches."),
  end: required(integer(), "End of the range, more than start; it does not match any more."),
});
export type MatchRange = Infer<typeof MatchRange>;

const headerMatch = {
  exact: optional(text, "The whole value, 1 to 255 characters."),
  prefix: optional(text, "What the value begins with, 1 to 255 characters."),
  suffix: optional(text, "What the value ends with, 1 to 255 characters."),
  regex: optional(text, "A regular expression (RE2) that the whole value matches, 1 to 255 characters."),
  range: optional(MatchRange, "A range in which the value lies, read as an integer in base 10."),
};

/** App Mesh took no pseudo-headers here (":authority"); host names, methods and schemes have members of their own. */
const headerName = string({
  minLength: 1,
  maxLength: 50,
  pattern: { regex: /^[!-9;-~]+$/, says: "in printable ASCII without spaces and colons" },
});
const invert = optional(
  boolean(),
  "Whether what does not match is wanted instead: beside a match, another value, but not that there is none; without a " +
    "match, that there is none. If unset, the data plane applies false.",
);

export const HeaderMatchMethod = union(
  "HeaderMatchMethod",
  "Which values of a header match. Exactly one member is given.",
  headerMatch,
);
export type HeaderMatchMethod = Infer<typeof HeaderMatchMethod>;

export const HttpRouteHeader = structure("HttpRouteHeader", "A header that a request must have.", {
  name: required(
    headerName,
    "Name of the header, 1 to 50 printable ASCII characters without spaces and colons.",
  ),
  match: optional(HeaderMatchMethod, "Which values match. If unset, the header only has to be there."),
  invert,
});
export type HttpRouteHeader = Infer<typeof HttpRouteHeader>;

export const HttpRouteHeaders = list(HttpRouteHeader, { minItems: 1, maxItems: 10 });

export const GrpcRouteMetadataMatchMethod = union(
  "GrpcRouteMetadataMatchMethod",
  "Which values of a metadata entry match. Exactly one member is given.",
  headerMatch,
);
export type GrpcRouteMetadataMatchMethod = Infer<typeof GrpcRouteMetadataMatchMethod>;

export const GrpcRouteMetadata = structure(
  "GrpcRouteMetadata",
  "A metadata entry that a gRPC call must have.",
  {
    name: required(
      headerName,
      "Name of the entry, 1 to 50 printable ASCII characters without spaces and colons.",
    ),
    match: optional(
      GrpcRouteMetadataMatchMethod,
      "Which values match. If unset, the entry only has to be there.",
    ),
    invert,
  },
);
export type GrpcRouteMetadata = Infer<typeof GrpcRouteMetadata>;

export const GrpcRouteMetadataList = list(GrpcRouteMetadata, { minItems: 1, maxItems: 10 });

export const GatewayRouteHostnameMatch = union(
  "GatewayRouteHostnameMatch",
  "Which host names match. Exactly one member is given.",
  {
    exact: optional(string({ minLength: 1, maxLength: 253 }), "The whole host name, 1 to 253 characters."),
    suffix: optional(
      string({ minLength: 1, maxLength: 253 }),
      "What the host name ends with, 1 to 253 characters.",
    ),
  },
);
export type GatewayRouteHostnameMatch = Infer<typeof GatewayRouteHostnameMatch>;
