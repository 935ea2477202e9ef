import type { Finding } from "../diagnostic.js";
import type { WholeMesh } from "../whole-mesh.js";

/** Fields that do nothing where they are. */
export async function* effects(mesh: WholeMesh): AsyncIterable<Finding> {
  for await (const { address, spec } of mesh.all("virtualNode")) {
    const { listeners = [], serviceDiscovery, backends = [], backendDefaults } = spec;
    const nothing = (path: string, message: string, remedy: string): Finding => ({
      code: "WithoutEffect",
      address,
      path,
      message,
      remedy,
    });
    if (serviceDiscovery && listeners.length === 0) {
      yield nothing(
        "spec.serviceDiscovery",
        "the virtual node has no listeners: nobody looks for its endpoints",
        "Give it the listeners that callers are to reach, or remove the service discovery.",
      );
    }
    if (backendDefaults?.clientPolicy && backends.length === 0) {
      yield nothing(
        "spec.backendDefaults",
        "the virtual node has no backends: there is nothing for which the defaults are",
        "Name what it calls in its backends, or remove the defaults.",
      );
    }
    const dns = serviceDiscovery?.dns;
    for (const [i, { healthCheck, outlierDetection, portMapping, tls }] of listeners.entries()) {
      const at = `spec.listeners[${i}]`;
      if (
        healthCheck?.path !== undefined &&
        (healthCheck.protocol === "tcp" || healthCheck.protocol === "grpc")
      ) {
        yield nothing(
          `${at}.healthCheck.path`,
          `a ${healthCheck.protocol} health check requests no path`,
          "Remove the path, or check by http or http2.",
        );
      }
      if (outlierDetection && portMapping.protocol === "tcp") {
        yield nothing(
          `${at}.outlierDetection`,
          "endpoints are ejected for server errors, of which there are none in tcp",
          "Remove it, or give the listener the protocol that is spoken on it.",
        );
      } else if (outlierDetection && dns && (dns.responseType ?? "LOADBALANCER") === "LOADBALANCER") {
        yield nothing(
          `${at}.outlierDetection`,
          `host name ${dns.hostname} stands for one endpoint, a load balancer, which is called although it is ejected`,
          "Set serviceDiscovery.dns.responseType to ENDPOINTS if the host name resolves to the endpoints themselves.",
        );
      }
      if (tls?.mode === "DISABLED" && tls.validation) {
        yield nothing(
          `${at}.tls.validation`,
          "TLS is disabled on the listener: it asks no caller for a certificate",
          "Set the mode to STRICT or PERMISSIVE, or remove the validation.",
        );
      }
    }
  }
}
