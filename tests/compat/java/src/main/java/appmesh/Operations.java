package appmesh;

import static appmesh.Support.called;
import static appmesh.Support.connect;
import static appmesh.Support.duration;
import static appmesh.Support.ended;
import static appmesh.Support.metadata;
import static appmesh.Support.same;
import static appmesh.Support.targets;

import java.util.List;
import software.amazon.awssdk.services.appmesh.AppMeshClient;
import software.amazon.awssdk.services.appmesh.model.*;

/** All 38 operations, each answer compared whole. */
final class Operations {
  private static final String MESH = "java";
  private static final AppMeshClient client = connect();

  private Operations() {}

  static void check() {
    MeshData mesh = mesh();
    VirtualNodeData node = virtualNode();
    VirtualRouterData router = virtualRouter();
    RouteData route = route();
    VirtualServiceData service = virtualService();
    VirtualGatewayData gateway = virtualGateway();
    GatewayRouteData gatewayRoute = gatewayRoute();
    tags(gatewayRoute.metadata().arn());

    GatewayRouteData goneGatewayRoute =
        client.deleteGatewayRoute(r -> r.meshName(MESH).virtualGatewayName("edge").gatewayRouteName("catalog"))
            .gatewayRoute();
    same(goneGatewayRoute, gatewayRoute.copy(g -> g
        .metadata(ended(gatewayRoute.metadata(), goneGatewayRoute.metadata()))
        .status(s -> s.status(GatewayRouteStatusCode.DELETED))));
    VirtualGatewayData goneGateway =
        client.deleteVirtualGateway(r -> r.meshName(MESH).virtualGatewayName("edge")).virtualGateway();
    same(goneGateway, gateway.copy(g -> g
        .metadata(ended(gateway.metadata(), goneGateway.metadata()))
        .status(s -> s.status(VirtualGatewayStatusCode.DELETED))));
    VirtualServiceData goneService =
        client.deleteVirtualService(r -> r.meshName(MESH).virtualServiceName("catalog.shop.local")).virtualService();
    same(goneService, service.copy(v -> v
        .metadata(ended(service.metadata(), goneService.metadata()))
        .status(s -> s.status(VirtualServiceStatusCode.DELETED))));
    RouteData goneRoute =
        client.deleteRoute(r -> r.meshName(MESH).virtualRouterName("catalog").routeName("canary")).route();
    same(goneRoute, route.copy(g -> g
        .metadata(ended(route.metadata(), goneRoute.metadata()))
        .status(s -> s.status(RouteStatusCode.DELETED))));
    VirtualRouterData goneRouter =
        client.deleteVirtualRouter(r -> r.meshName(MESH).virtualRouterName("catalog")).virtualRouter();
    same(goneRouter, router.copy(g -> g
        .metadata(ended(router.metadata(), goneRouter.metadata()))
        .status(s -> s.status(VirtualRouterStatusCode.DELETED))));
    VirtualNodeData goneNode =
        client.deleteVirtualNode(r -> r.meshName(MESH).virtualNodeName("catalog")).virtualNode();
    same(goneNode, node.copy(n -> n
        .metadata(ended(node.metadata(), goneNode.metadata()))
        .status(s -> s.status(VirtualNodeStatusCode.DELETED))));
    MeshData goneMesh = client.deleteMesh(r -> r.meshName(MESH)).mesh();
    same(goneMesh, mesh.copy(m -> m
        .metadata(ended(mesh.metadata(), goneMesh.metadata()))
        .status(s -> s.status(MeshStatusCode.DELETED))));

    if (called.size() != 38) throw new AssertionError(called.size() + " of 38 operations: " + called);
  }

  private static MeshData mesh() {
    MeshSpec first = MeshSpec.builder().egressFilter(e -> e.type(EgressFilterType.DROP_ALL)).build();
    MeshData created = client.createMesh(r -> r.meshName(MESH).spec(first)).mesh();
    same(created, MeshData.builder().meshName(MESH).spec(first)
        .metadata(metadata(created.metadata(), "java", 1))
        .status(s -> s.status(MeshStatusCode.ACTIVE)).build());
    same(client.describeMesh(r -> r.meshName(MESH)).mesh(), created);
    MeshSpec second =
        MeshSpec.builder().serviceDiscovery(d -> d.ipPreference(IpPreference.IP_V4_PREFERRED)).build();
    MeshData updated = client.updateMesh(r -> r.meshName(MESH).spec(second)).mesh();
    ResourceMetadata m = metadata(updated.metadata(), "java", 2);
    same(updated, created.copy(c -> c.spec(second).metadata(m)));
    same(client.listMeshes().meshes(), List.of(MeshRef.builder()
        .arn(m.arn()).createdAt(m.createdAt()).lastUpdatedAt(m.lastUpdatedAt()).meshName(MESH)
        .meshOwner(m.meshOwner()).resourceOwner(m.resourceOwner()).version(m.version()).build()));
    return updated;
  }

  private static VirtualNodeData virtualNode() {
    VirtualNodeSpec first = VirtualNodeSpec.builder()
        .serviceDiscovery(d -> d.awsCloudMap(c -> c
            .namespaceName("shop.local").serviceName("catalog").ipPreference(IpPreference.IP_V6_ONLY)
            .attributes(a -> a.key("stage").value("prod"))))
        .listeners(l -> l
            .portMapping(p -> p.port(8080).protocol(PortProtocol.GRPC))
            .healthCheck(h -> h
                .protocol(PortProtocol.GRPC).intervalMillis(5000L).timeoutMillis(2000L)
                .healthyThreshold(2).unhealthyThreshold(3))
            .timeout(t -> t.grpc(g -> g
                .perRequest(duration(0, DurationUnit.S)).idle(duration(1500, DurationUnit.MS))))
            .connectionPool(c -> c.grpc(g -> g.maxRequests(10)))
            .outlierDetection(o -> o
                .maxServerErrors(5L).maxEjectionPercent(0)
                .interval(duration(10, DurationUnit.S)).baseEjectionDuration(duration(30, DurationUnit.S)))
            .tls(t -> t
                .mode(ListenerTlsMode.STRICT)
                .certificate(c -> c.sds(s -> s.secretName("catalog")))
                .validation(v -> v
                    .trust(x -> x.file(f -> f.certificateChain("/ca.pem")))
                    .subjectAlternativeNames(n -> n.match(x -> x.exact("web.shop.local"))))))
        .backends(b -> b.virtualService(v -> v
            .virtualServiceName("ratings.shop.local")
            .clientPolicy(p -> p.tls(t -> t
                .enforce(false).ports(443)
                .validation(v2 -> v2.trust(x -> x.acm(a -> a.certificateAuthorityArns(
                    "arn:aws:acm-pca:us-east-1:000000000000:certificate-authority/root"))))))))
        .logging(l -> l.accessLog(a -> a.file(f -> f
            .path("/dev/stdout").format(o -> o.json(j -> j.key("p").value("%PROTOCOL%"))))))
        .build();
    VirtualNodeData created =
        client.createVirtualNode(r -> r.meshName(MESH).virtualNodeName("catalog").spec(first)).virtualNode();
    same(created, VirtualNodeData.builder().meshName(MESH).virtualNodeName("catalog").spec(first)
        .metadata(metadata(created.metadata(), "java/virtualNode/catalog", 1))
        .status(s -> s.status(VirtualNodeStatusCode.ACTIVE)).build());
    same(client.describeVirtualNode(r -> r.meshName(MESH).virtualNodeName("catalog")).virtualNode(), created);
    VirtualNodeSpec second = VirtualNodeSpec.builder()
        .serviceDiscovery(d -> d.dns(n -> n
            .hostname("catalog.shop.local").responseType(DnsResponseType.LOADBALANCER)))
        .listeners(l -> l.portMapping(p -> p.port(8080).protocol(PortProtocol.TCP)))
        .backends(List.of())
        .build();
    VirtualNodeData updated =
        client.updateVirtualNode(r -> r.meshName(MESH).virtualNodeName("catalog").spec(second)).virtualNode();
    ResourceMetadata m = metadata(updated.metadata(), "java/virtualNode/catalog", 2);
    same(updated, created.copy(c -> c.spec(second).metadata(m)));
    same(client.listVirtualNodes(r -> r.meshName(MESH)).virtualNodes(), List.of(VirtualNodeRef.builder()
        .arn(m.arn()).createdAt(m.createdAt()).lastUpdatedAt(m.lastUpdatedAt()).meshName(MESH)
        .meshOwner(m.meshOwner()).resourceOwner(m.resourceOwner()).version(m.version())
        .virtualNodeName("catalog").build()));
    return updated;
  }

  private static VirtualRouterData virtualRouter() {
    VirtualRouterSpec first = VirtualRouterSpec.builder()
        .listeners(l -> l.portMapping(p -> p.port(8080).protocol(PortProtocol.HTTP))).build();
    VirtualRouterData created =
        client.createVirtualRouter(r -> r.meshName(MESH).virtualRouterName("catalog").spec(first)).virtualRouter();
    same(created, VirtualRouterData.builder().meshName(MESH).virtualRouterName("catalog").spec(first)
        .metadata(metadata(created.metadata(), "java/virtualRouter/catalog", 1))
        .status(s -> s.status(VirtualRouterStatusCode.ACTIVE)).build());
    same(client.describeVirtualRouter(r -> r.meshName(MESH).virtualRouterName("catalog")).virtualRouter(), created);
    VirtualRouterSpec second = VirtualRouterSpec.builder()
        .listeners(l -> l.portMapping(p -> p.port(9090).protocol(PortProtocol.HTTP2))).build();
    VirtualRouterData updated =
        client.updateVirtualRouter(r -> r.meshName(MESH).virtualRouterName("catalog").spec(second)).virtualRouter();
    ResourceMetadata m = metadata(updated.metadata(), "java/virtualRouter/catalog", 2);
    same(updated, created.copy(c -> c.spec(second).metadata(m)));
    same(client.listVirtualRouters(r -> r.meshName(MESH)).virtualRouters(), List.of(VirtualRouterRef.builder()
        .arn(m.arn()).createdAt(m.createdAt()).lastUpdatedAt(m.lastUpdatedAt()).meshName(MESH)
        .meshOwner(m.meshOwner()).resourceOwner(m.resourceOwner()).version(m.version())
        .virtualRouterName("catalog").build()));
    return updated;
  }

  private static RouteData route() {
    RouteSpec first = RouteSpec.builder().priority(0)
        .http2Route(h -> h
            .match(m -> m
                .path(p -> p.regex("/v[0-9]+/.*")).method(HttpMethod.GET).scheme(HttpScheme.HTTP)
                .headers(
                    x -> x.name("x-shard").invert(true).match(v -> v.range(g -> g.start(-3L).end(8L))),
                    x -> x.name("x-any"))
                .queryParameters(q -> q.name("canary").match(v -> v.exact("yes"))))
            .action(a -> a.weightedTargets(targets("catalog")))
            .retryPolicy(p -> p
                .maxRetries(0L).perRetryTimeout(duration(250, DurationUnit.MS))
                .httpRetryEvents("server-error", "gateway-error")
                .tcpRetryEvents(TcpRetryPolicyEvent.CONNECTION_ERROR))
            .timeout(t -> t.perRequest(duration(20, DurationUnit.S))))
        .build();
    RouteData created = client.createRoute(r -> r
        .meshName(MESH).virtualRouterName("catalog").routeName("canary").spec(first)).route();
    String path = "java/virtualRouter/catalog/route/canary";
    same(created, RouteData.builder().meshName(MESH).virtualRouterName("catalog").routeName("canary").spec(first)
        .metadata(metadata(created.metadata(), path, 1))
        .status(s -> s.status(RouteStatusCode.ACTIVE)).build());
    same(client.describeRoute(r -> r
        .meshName(MESH).virtualRouterName("catalog").routeName("canary")).route(), created);
    RouteSpec second = RouteSpec.builder()
        .grpcRoute(g -> g
            .match(m -> m.serviceName("shop.Catalog").methodName("List").metadata(
                x -> x.name("x-tenant").match(v -> v.prefix("a"))))
            .action(a -> a.weightedTargets(targets("catalog")))
            .retryPolicy(p -> p
                .maxRetries(2L).perRetryTimeout(duration(1, DurationUnit.S))
                .grpcRetryEvents(GrpcRetryPolicyEvent.UNAVAILABLE, GrpcRetryPolicyEvent.CANCELLED)))
        .build();
    RouteData updated = client.updateRoute(r -> r
        .meshName(MESH).virtualRouterName("catalog").routeName("canary").spec(second)).route();
    ResourceMetadata m = metadata(updated.metadata(), path, 2);
    same(updated, created.copy(c -> c.spec(second).metadata(m)));
    same(client.listRoutes(r -> r.meshName(MESH).virtualRouterName("catalog")).routes(), List.of(RouteRef.builder()
        .arn(m.arn()).createdAt(m.createdAt()).lastUpdatedAt(m.lastUpdatedAt()).meshName(MESH)
        .meshOwner(m.meshOwner()).resourceOwner(m.resourceOwner()).version(m.version())
        .virtualRouterName("catalog").routeName("canary").build()));
    return updated;
  }

  private static VirtualServiceData virtualService() {
    String name = "catalog.shop.local";
    VirtualServiceSpec first = VirtualServiceSpec.builder()
        .provider(p -> p.virtualRouter(r -> r.virtualRouterName("catalog"))).build();
    VirtualServiceData created = client.createVirtualService(r -> r
        .meshName(MESH).virtualServiceName(name).spec(first)).virtualService();
    same(created, VirtualServiceData.builder().meshName(MESH).virtualServiceName(name).spec(first)
        .metadata(metadata(created.metadata(), "java/virtualService/" + name, 1))
        .status(s -> s.status(VirtualServiceStatusCode.ACTIVE)).build());
    same(client.describeVirtualService(r -> r.meshName(MESH).virtualServiceName(name)).virtualService(), created);
    VirtualServiceSpec second = VirtualServiceSpec.builder()
        .provider(p -> p.virtualNode(n -> n.virtualNodeName("catalog"))).build();
    VirtualServiceData updated = client.updateVirtualService(r -> r
        .meshName(MESH).virtualServiceName(name).spec(second)).virtualService();
    ResourceMetadata m = metadata(updated.metadata(), "java/virtualService/" + name, 2);
    same(updated, created.copy(c -> c.spec(second).metadata(m)));
    same(client.listVirtualServices(r -> r.meshName(MESH)).virtualServices(), List.of(VirtualServiceRef.builder()
        .arn(m.arn()).createdAt(m.createdAt()).lastUpdatedAt(m.lastUpdatedAt()).meshName(MESH)
        .meshOwner(m.meshOwner()).resourceOwner(m.resourceOwner()).version(m.version())
        .virtualServiceName(name).build()));
    return updated;
  }

  private static VirtualGatewayData virtualGateway() {
    VirtualGatewaySpec first = VirtualGatewaySpec.builder()
        .listeners(l -> l
            .portMapping(p -> p.port(443).protocol(VirtualGatewayPortProtocol.HTTP))
            .connectionPool(c -> c.http(h -> h.maxConnections(5).maxPendingRequests(1)))
            .tls(t -> t.mode(VirtualGatewayListenerTlsMode.PERMISSIVE).certificate(c -> c.acm(a -> a
                .certificateArn("arn:aws:acm:us-east-1:000000000000:certificate/edge")))))
        .logging(l -> l.accessLog(a -> a.file(f -> f.path("/dev/stdout").format(o -> o.text("%PROTOCOL%\n")))))
        .build();
    VirtualGatewayData created = client.createVirtualGateway(r -> r
        .meshName(MESH).virtualGatewayName("edge").spec(first)).virtualGateway();
    same(created, VirtualGatewayData.builder().meshName(MESH).virtualGatewayName("edge").spec(first)
        .metadata(metadata(created.metadata(), "java/virtualGateway/edge", 1))
        .status(s -> s.status(VirtualGatewayStatusCode.ACTIVE)).build());
    same(client.describeVirtualGateway(r -> r.meshName(MESH).virtualGatewayName("edge")).virtualGateway(), created);
    VirtualGatewaySpec second = VirtualGatewaySpec.builder()
        .listeners(l -> l.portMapping(p -> p.port(8443).protocol(VirtualGatewayPortProtocol.HTTP2)))
        .backendDefaults(b -> b.clientPolicy(p -> {}))
        .build();
    VirtualGatewayData updated = client.updateVirtualGateway(r -> r
        .meshName(MESH).virtualGatewayName("edge").spec(second)).virtualGateway();
    ResourceMetadata m = metadata(updated.metadata(), "java/virtualGateway/edge", 2);
    same(updated, created.copy(c -> c.spec(second).metadata(m)));
    same(client.listVirtualGateways(r -> r.meshName(MESH)).virtualGateways(), List.of(VirtualGatewayRef.builder()
        .arn(m.arn()).createdAt(m.createdAt()).lastUpdatedAt(m.lastUpdatedAt()).meshName(MESH)
        .meshOwner(m.meshOwner()).resourceOwner(m.resourceOwner()).version(m.version())
        .virtualGatewayName("edge").build()));
    return updated;
  }

  private static GatewayRouteData gatewayRoute() {
    GatewayRouteTarget target = GatewayRouteTarget.builder()
        .virtualService(v -> v.virtualServiceName("catalog.shop.local")).build();
    GatewayRouteSpec first = GatewayRouteSpec.builder().priority(7)
        .http2Route(h -> h
            .match(m -> m.prefix("/").hostname(n -> n.suffix(".example.com")))
            .action(a -> a.target(target).rewrite(w -> w
                .prefix(p -> p.value("/v1/"))
                .hostname(n -> n.defaultTargetHostname(DefaultGatewayRouteRewrite.DISABLED)))))
        .build();
    GatewayRouteData created = client.createGatewayRoute(r -> r
        .meshName(MESH).virtualGatewayName("edge").gatewayRouteName("catalog").spec(first)).gatewayRoute();
    String path = "java/virtualGateway/edge/gatewayRoute/catalog";
    same(created, GatewayRouteData.builder()
        .meshName(MESH).virtualGatewayName("edge").gatewayRouteName("catalog").spec(first)
        .metadata(metadata(created.metadata(), path, 1))
        .status(s -> s.status(GatewayRouteStatusCode.ACTIVE)).build());
    same(client.describeGatewayRoute(r -> r
        .meshName(MESH).virtualGatewayName("edge").gatewayRouteName("catalog")).gatewayRoute(), created);
    GatewayRouteSpec second = GatewayRouteSpec.builder()
        .grpcRoute(g -> g
            .match(m -> m.serviceName("shop.Catalog").port(8443)).action(a -> a.target(target)))
        .build();
    GatewayRouteData updated = client.updateGatewayRoute(r -> r
        .meshName(MESH).virtualGatewayName("edge").gatewayRouteName("catalog").spec(second)).gatewayRoute();
    ResourceMetadata m = metadata(updated.metadata(), path, 2);
    same(updated, created.copy(c -> c.spec(second).metadata(m)));
    same(client.listGatewayRoutes(r -> r.meshName(MESH).virtualGatewayName("edge")).gatewayRoutes(),
        List.of(GatewayRouteRef.builder()
            .arn(m.arn()).createdAt(m.createdAt()).lastUpdatedAt(m.lastUpdatedAt()).meshName(MESH)
            .meshOwner(m.meshOwner()).resourceOwner(m.resourceOwner()).version(m.version())
            .virtualGatewayName("edge").gatewayRouteName("catalog").build()));
    return updated;
  }

  private static void tags(String arn) {
    TagRef stage = TagRef.builder().key("stage").value("prod").build();
    TagRef team = TagRef.builder().key("team").value("shop").build();
    client.tagResource(r -> r.resourceArn(arn).tags(stage, team));
    same(client.listTagsForResource(r -> r.resourceArn(arn)).tags(), List.of(stage, team));
    client.untagResource(r -> r.resourceArn(arn).tagKeys("stage"));
    same(client.listTagsForResource(r -> r.resourceArn(arn)).tags(), List.of(team));
  }
}
