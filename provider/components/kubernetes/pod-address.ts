// Envoy takes what comes by IPv4 alone. In a pod that others call by IPv6, all of it would pass by, or nobody would listen.

/** What the container is told of the pod: the address by which the kubelet and the Services know it. */
export const podAddress = {
  name: "APPMESH_POD_ADDRESS",
  valueFrom: { fieldRef: { fieldPath: "status.podIP" } },
} as const;

/** Shell that ends the container where that address is no IPv4. */
export const onlyIpv4 = `case "$${podAddress.name}" in
*:*)
  echo "the pod's address is $${podAddress.name}, of IPv6: Envoy takes traffic of IPv4 alone, and the pod would be outside the mesh. Run it where pods get addresses of IPv4" >&2
  exit 1
esac`;
