package appmesh;

import static appmesh.Support.ARN;
import static appmesh.Support.connect;
import static appmesh.Support.same;
import static appmesh.Support.targets;

import java.util.List;
import software.amazon.awssdk.core.pagination.sync.SdkIterable;
import software.amazon.awssdk.services.appmesh.AppMeshClient;
import software.amazon.awssdk.services.appmesh.model.GatewayRouteRef;
import software.amazon.awssdk.services.appmesh.model.MeshRef;
import software.amazon.awssdk.services.appmesh.model.PortProtocol;
import software.amazon.awssdk.services.appmesh.model.RouteRef;
import software.amazon.awssdk.services.appmesh.model.TagRef;
import software.amazon.awssdk.services.appmesh.model.VirtualGatewayRef;
import software.amazon.awssdk.services.appmesh.model.VirtualNodeRef;
import software.amazon.awssdk.services.appmesh.model.VirtualRouterRef;
import software.amazon.awssdk.services.appmesh.model.VirtualServiceRef;

/** Every paginator of the SDK, over lists of three with pages of two. */
final class Paginators {
  private Paginators() {}

  static void check() {
    AppMeshClient client = connect();
    List<String> meshes = List.of("java-pages-1", "java-pages-2", "java-pages-3");
    for (String name : meshes) client.createMesh(r -> r.meshName(name));
    String mesh = meshes.get(0);
    List<String> names = List.of("v1", "v2", "v3");
    for (String name : names) {
      client.createVirtualNode(r -> r.meshName(mesh).virtualNodeName(name).spec(s -> {}));
      client.createVirtualRouter(
          r ->
              r.meshName(mesh)
                  .virtualRouterName(name)
                  .spec(s -> s.listeners(l -> l.portMapping(p -> p.port(80).protocol(PortProtocol.TCP)))));
      client.createVirtualService(r -> r.meshName(mesh).virtualServiceName(name).spec(s -> {}));
      client.createVirtualGateway(
          r ->
              r.meshName(mesh)
                  .virtualGatewayName(name)
                  .spec(s -> s.listeners(l -> l.portMapping(p -> p.port(80).protocol("http")))));
      client.createRoute(
          r ->
              r.meshName(mesh)
                  .virtualRouterName("v1")
                  .routeName(name)
                  .spec(s -> s.tcpRoute(t -> t.action(a -> a.weightedTargets(targets("v1"))))));
      client.createGatewayRoute(
          r ->
              r.meshName(mesh)
                  .virtualGatewayName("v1")
                  .gatewayRouteName(name)
                  .spec(
                      s ->
                          s.httpRoute(
                              h ->
                                  h.match(m -> m.prefix("/"))
                                      .action(
                                          a ->
                                              a.target(
                                                  t -> t.virtualService(v -> v.virtualServiceName("v1")))))));
      client.tagResource(r -> r.resourceArn(ARN + mesh).tags(TagRef.builder().key(name).value(name).build()));
    }

    same(all(client.listVirtualNodesPaginator(r -> r.meshName(mesh).limit(2)),
        page -> page.virtualNodes().stream().map(VirtualNodeRef::virtualNodeName).toList()), TWO_PAGES);
    same(all(client.listVirtualRoutersPaginator(r -> r.meshName(mesh).limit(2)),
        page -> page.virtualRouters().stream().map(VirtualRouterRef::virtualRouterName).toList()), TWO_PAGES);
    same(all(client.listVirtualServicesPaginator(r -> r.meshName(mesh).limit(2)),
        page -> page.virtualServices().stream().map(VirtualServiceRef::virtualServiceName).toList()), TWO_PAGES);
    same(all(client.listVirtualGatewaysPaginator(r -> r.meshName(mesh).limit(2)),
        page -> page.virtualGateways().stream().map(VirtualGatewayRef::virtualGatewayName).toList()), TWO_PAGES);
    same(all(client.listRoutesPaginator(r -> r.meshName(mesh).virtualRouterName("v1").limit(2)),
        page -> page.routes().stream().map(RouteRef::routeName).toList()), TWO_PAGES);
    same(all(client.listGatewayRoutesPaginator(r -> r.meshName(mesh).virtualGatewayName("v1").limit(2)),
        page -> page.gatewayRoutes().stream().map(GatewayRouteRef::gatewayRouteName).toList()), TWO_PAGES);
    same(all(client.listTagsForResourcePaginator(r -> r.resourceArn(ARN + mesh).limit(2)),
        page -> page.tags().stream().map(TagRef::key).toList()), TWO_PAGES);
    // Items over the borders of pages, of one mesh each. Other checks have meshes of their own here.
    List<String> listed =
        client.listMeshesPaginator(r -> r.limit(1)).meshes().stream().map(MeshRef::meshName).toList();
    same(listed.stream().filter(name -> name.startsWith("java-pages-")).toList(), meshes);
  }

  private static final List<List<String>> TWO_PAGES = List.of(List.of("v1", "v2"), List.of("v3"));

  private static <Page> List<List<String>> all(
      SdkIterable<Page> pages, java.util.function.Function<Page, List<String>> names) {
    return pages.stream().map(names).toList();
  }
}
