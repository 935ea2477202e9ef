// What AWS's controller calls an entity whose object does not say: other objects, ARNs and proxies name it so.

export const apiGroup = "appmesh.k8s.aws";
export const apiVersion = `${apiGroup}/v1beta2`;

/** Of a virtual node, virtual router, virtual gateway or gateway route. */
export const entityName = (name: string, namespace: string): string => `${name}_${namespace}`;

/** Of a virtual service, whose name its clients call: that of a Kubernetes Service. */
export const virtualServiceName = (name: string, namespace: string): string => `${name}.${namespace}`;

/** The name of the entity that an object declares, which `spec.awsName` decides where it is given. */
export function nameOf(kind: string, name: string, namespace: string, awsName?: string): string {
  if (awsName !== undefined && awsName !== "") return awsName;
  if (kind === "Mesh") return name;
  return (kind === "VirtualService" ? virtualServiceName : entityName)(name, namespace);
}

/** The name at the end of an entity's ARN. */
export const nameInArn = (arn: string): string => arn.slice(arn.lastIndexOf("/") + 1);
