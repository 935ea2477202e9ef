import { string } from "./shape.js";

/** Name of a mesh, virtual node, virtual router, route, virtual gateway or gateway route. */
export const resourceName = string({ minLength: 1, maxLength: 255 });

/** Name of a virtual service: the host name by which its clients call it. */
export const serviceName = string({ minLength: 1, maxLength: 255 });

/** Fully qualified name of a gRPC service, such as `shop.v1.Catalog`. */
export const grpcServiceName = string({ minLength: 1 });

/** An account, as twelve digits. */
export const accountId = string({
  minLength: 12,
  maxLength: 12,
  pattern: { regex: /^[0-9]{12}$/, says: "twelve digits" },
});

/** Any Amazon Resource Name. */
export const arn = string({
  minLength: 1,
  pattern: {
    regex: /^arn:[^:\s]+:[^:\s]+:[^\s]+$/,
    says: "an Amazon Resource Name, such as arn:aws:acm:us-east-1:123456789012:certificate/1a2b",
  },
});
