export * from "./check-spec.js";
export * from "./connection-pool.js";
export * from "./duration.js";
export * from "./entities.js";
export * from "./entity.js";
export * from "./gateway-route.js";
export * from "./health-check.js";
export * from "./ip-preference.js";
export * from "./listener.js";
export * from "./logging.js";
export * from "./mesh.js";
export * from "./mesh-settings.js";
export { accountId, arn, grpcServiceName, resourceName, serviceName } from "./names.js";
export * from "./outlier-detection.js";
export * from "./port-mapping.js";
export * from "./route.js";
export {
  DefaultGatewayRouteRewrite,
  GatewayRouteHostnameRewrite,
  GatewayRouteTarget,
  GatewayRouteVirtualService,
  GrpcGatewayRouteRewrite,
  HttpGatewayRoutePathRewrite,
  HttpGatewayRoutePrefixRewrite,
  HttpGatewayRouteRewrite,
} from "./routing/gateway-route-action.js";
export * from "./routing/grpc-gateway-route.js";
export * from "./routing/grpc-route.js";
export * from "./routing/http-gateway-route.js";
export * from "./routing/http-route.js";
export * from "./routing/matchers.js";
export {
  GrpcRetryPolicy,
  GrpcRetryPolicyEvent,
  HttpRetryPolicy,
  HttpRetryPolicyEvent,
  TcpRetryPolicyEvent,
} from "./routing/retry-policy.js";
export * from "./routing/tcp-route.js";
export { WeightedTarget, WeightedTargets } from "./routing/weighted-target.js";
export * from "./service-discovery.js";
export * from "./shape.js";
export { showAllowed } from "./show.js";
export * from "./tag.js";
export * from "./timeout.js";
export * from "./tls/certificate.js";
export * from "./tls/client-policy.js";
export * from "./tls/listener-tls.js";
export * from "./tls/validation.js";
export * from "./validate.js";
export * from "./violation.js";
export * from "./virtual-gateway.js";
export * from "./virtual-node.js";
export * from "./virtual-router.js";
export * from "./virtual-service.js";
