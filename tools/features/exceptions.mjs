// Fields whose effect no test with real traffic shows, and what holds them instead. An exception goes with its test.

/** Held by a golden file of the translation, whose input has these fields. */
const golden = (name) => ({
  golden: name,
  why: `translated as the golden file [${name}](../control-plane/translate/testdata/${name}.golden.json) has it; no traffic shows it yet`,
});
const sameAs = (what) => ({ why: `read by the same function as ${what}; no traffic of its own yet` });

export const exceptions = [
  {
    fields: "virtualNode.listeners[].healthCheck.port",
    why: "it must be the listener's own port, which is checked: the API refuses any other",
  },
  {
    fields:
      "virtualNode.listeners[].healthCheck.{intervalMillis,timeoutMillis,healthyThreshold,unhealthyThreshold,path}",
    ...golden("health"),
  },
  { fields: "virtualNode.listeners[].outlierDetection.maxEjectionPercent", ...golden("health") },
  {
    fields: "virtualNode.listeners[].timeout.{http.idle,grpc.idle,tcp.idle,http2.perRequest}",
    ...golden("listeners"),
  },
  {
    fields: "virtualNode.listeners[].timeout.{http2.idle,grpc.perRequest}",
    ...sameAs("timeout.http.perRequest"),
  },
  {
    fields: "virtualNode.listeners[].connectionPool.{http2.maxRequests,grpc.maxRequests,tcp.maxConnections}",
    ...sameAs("that of a virtual gateway, and connectionPool.http"),
  },
  { fields: "virtualNode.serviceDiscovery.awsCloudMap.ipPreference", ...golden("cloud-map") },
  {
    fields:
      "virtualNode.backendDefaults.clientPolicy.tls.{validation.trust.acm.certificateAuthorityArns[],validation.trust.sds.secretName,validation.subjectAlternativeNames.match.exact[],certificate.file.certificateChain,certificate.file.privateKey,certificate.sds.secretName,enforce,ports[]}",
    ...sameAs("a backend's own policy"),
  },
  {
    fields:
      "virtualNode.backends[].virtualService.clientPolicy.tls.{validation.trust.sds.secretName,certificate.sds.secretName}",
    ...sameAs("a listener's secret"),
  },
  { fields: "route.httpRoute.match.port", ...golden("ports") },
  { fields: "route.httpRoute.timeout.idle", ...golden("timeouts") },
  { fields: "route.httpRoute.retryPolicy.tcpRetryEvents[]", ...golden("retries") },
  {
    fields:
      "route.http2Route.match.{path.exact,path.regex,method,scheme,port}, route.http2Route.match.{headers,queryParameters}*, route.http2Route.action.weightedTargets[].{weight,port}, route.http2Route.{timeout,retryPolicy}*",
    ...sameAs("httpRoute"),
  },
  {
    fields:
      "route.grpcRoute.match.metadata[].match.{prefix,suffix,regex,range.start,range.end}, route.grpcRoute.match.metadata[].invert",
    ...sameAs("the headers of httpRoute"),
  },
  {
    fields:
      "route.grpcRoute.action.weightedTargets[].weight, route.grpcRoute.timeout.perRequest, route.grpcRoute.retryPolicy.{maxRetries,httpRetryEvents[],tcpRetryEvents[],grpcRetryEvents[]}",
    ...golden("grpc"),
  },
  { fields: "route.grpcRoute.match.port, route.grpcRoute.action.weightedTargets[].port", ...golden("ports") },
  { fields: "route.grpcRoute.{timeout.idle,retryPolicy.perRetryTimeout}", ...sameAs("that of httpRoute") },
  { fields: "route.tcpRoute.timeout.idle, route.tcpRoute.action.weightedTargets[].weight", ...golden("tcp") },
  { fields: "route.tcpRoute.match.port", ...sameAs("that of httpRoute, which a golden file holds") },
  {
    fields:
      "virtualGateway.listeners[].tls.certificate.{acm.certificateArn,sds.secretName}, virtualGateway.listeners[].tls.validation.trust.sds.secretName, virtualGateway.listeners[].tls.validation.subjectAlternativeNames.match.exact[]",
    ...sameAs("a virtual node's listener"),
  },
  {
    fields: "virtualGateway.listeners[].healthCheck*",
    why: "accepted as App Mesh accepted it, without an effect: no proxy calls a gateway. The diagnostics say so",
  },
  {
    fields:
      "virtualGateway.backendDefaults.clientPolicy.tls.{validation.trust.acm.certificateAuthorityArns[],validation.trust.sds.secretName,certificate.file.certificateChain,certificate.file.privateKey,certificate.sds.secretName,ports[]}",
    ...sameAs("a virtual node's backend"),
  },
  {
    fields: "virtualGateway.logging.accessLog.file.format.json[].{key,value}",
    ...sameAs("a virtual node's logging"),
  },
  {
    fields:
      "gatewayRoute.http2Route.match.{path.exact,path.regex,hostname.exact,hostname.suffix,method,port}, gatewayRoute.http2Route.match.{headers,queryParameters}*, gatewayRoute.http2Route.action.target.port, gatewayRoute.http2Route.action.rewrite*",
    ...sameAs("httpRoute"),
  },
  {
    fields:
      "gatewayRoute.grpcRoute.match.hostname.suffix, gatewayRoute.grpcRoute.match.metadata[].match.{prefix,suffix,regex,range.start,range.end}, gatewayRoute.grpcRoute.match.metadata[].invert, gatewayRoute.grpcRoute.action.target.port",
    ...sameAs("httpRoute"),
  },
];
