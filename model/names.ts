import { string } from "./shape.js";

/**
 * What an entity may be called. A slash would split ARNs, resource ids and URLs in two (App Mesh refuses it as well),
 * and a name of only dots would be resolved away from a URL.
 */
const name = {
  regex: /^(?!\.{1,2}$)[^/\p{Cc}]+$/u,
  says: 'without "/" and control characters and not only dots',
};

/** Name of a mesh, virtual node, virtual router, route, virtual gateway or gateway route. */
export const resourceName = string({ minLength: 1, maxLength: 255, pattern: name });

/** Name of a virtual service: the host name by which its clients call it. */
export const serviceName = string({ minLength: 1, maxLength: 255, pattern: name });

/** The name of another entity, which need not exist. */
export const resourceReference = string({ minLength: 1, maxLength: 255 });

/** The name of a virtual service or its ARN, which may be longer than a name. */
export const serviceReference = string({ minLength: 1 });

/** Fully qualified name of a gRPC service, such as `shop.v1.Catalog`. */
export const grpcServiceName = string({ minLength: 1 });

/** An account, as twelve digits. */
export const accountId = string({
  minLength: 12,
  maxLength: 12,
  pattern: { regex: /^[0-9]{12}$/, says: "a string of exactly 12 digits" },
});

/** Any Amazon Resource Name. */
export const arn = string({
  minLength: 1,
  pattern: {
    regex: /^arn:[^:\s]+:[^:\s]+:\S+$/,
    says: "an Amazon Resource Name, such as arn:aws:acm:us-east-1:123456789012:certificate/1a2b",
  },
});
