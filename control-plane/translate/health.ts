import type { HealthCheckPolicy, OutlierDetection, PortProtocol } from "@pulumi-appmesh/model";
import type { OutlierDetectionJson } from "../gen/envoy/config/cluster/v3/outlier_detection_pb.js";
import type { HealthCheckJson } from "../gen/envoy/config/core/v3/health_check_pb.js";
import type { Refuse } from "./route-match.js";
import { positive, seconds } from "./timeouts.js";

/** How the callers of a virtual node check each of its endpoints. */
export function healthCheck(
  policy: HealthCheckPolicy,
  protocol: PortProtocol,
  host: string,
  refuse: Refuse,
): HealthCheckJson {
  return {
    interval: seconds(policy.intervalMillis),
    // Envoy would check once a minute until there is traffic, and send the first requests to the sick.
    noTrafficInterval: seconds(policy.intervalMillis),
    timeout: seconds(policy.timeoutMillis),
    healthyThreshold: policy.healthyThreshold,
    unhealthyThreshold: policy.unhealthyThreshold,
    ...check(policy, protocol, host, refuse),
  };
}

function check(
  policy: HealthCheckPolicy,
  protocol: PortProtocol,
  host: string,
  refuse: Refuse,
): HealthCheckJson {
  switch (policy.protocol) {
    case "tcp":
      return { tcpHealthCheck: {} };
    case "grpc":
      // Envoy asks over the cluster's own connections, and refuses a cluster that cannot speak HTTP/2.
      if (protocol === "http2" || protocol === "grpc") return { grpcHealthCheck: {} };
      refuse(
        "protocol",
        `a ${protocol} listener cannot be asked by grpc: only its TCP connections are checked`,
      );
      return { tcpHealthCheck: {} };
    case "http":
    case "http2": {
      const path = policy.path || "/";
      if (!headerValue.test(path)) {
        refuse("path", `${JSON.stringify(path)} cannot be requested: only TCP connections are checked`);
        return { tcpHealthCheck: {} };
      }
      return {
        httpHealthCheck: {
          host,
          path,
          codecClientType: policy.protocol === "http" ? "HTTP1" : "HTTP2",
          // Envoy would take the first bad status for sick, whatever unhealthyThreshold says.
          retriableStatuses: [{ start: "100", end: "600" }],
        },
      };
    }
  }
}

const headerValue = /^[^\0\r\n]+$/;

/**
 * Endpoints that answer with maxServerErrors 5xx in a row are left out for a while; nothing else ejects them.
 * Envoy's own statistical ejection, on as soon as anything is configured, was never App Mesh's.
 */
export const outlierDetection = (policy: OutlierDetection): OutlierDetectionJson => ({
  consecutive5xx: policy.maxServerErrors,
  interval: positive(policy.interval),
  baseEjectionTime: positive(policy.baseEjectionDuration),
  maxEjectionPercent: policy.maxEjectionPercent,
  alwaysEjectOneHost: true,
  enforcingSuccessRate: 0,
});
