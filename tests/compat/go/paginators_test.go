package client

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/appmesh"
	"github.com/aws/aws-sdk-go-v2/service/appmesh/types"
)

// Every paginator of the SDK, over lists of three with pages of two.
func TestPaginators(t *testing.T) {
	client, _ := connect()
	mesh, parent := aws.String("go-pages-1"), aws.String("v1")
	for number := 1; number <= 3; number++ {
		ok(client.CreateMesh(ctx, &appmesh.CreateMeshInput{MeshName: aws.String(fmt.Sprintf("go-pages-%d", number))}))
	}
	names := []string{"v1", "v2", "v3"}
	for _, each := range names {
		name := aws.String(each)
		ok(client.CreateVirtualNode(ctx, &appmesh.CreateVirtualNodeInput{
			MeshName: mesh, VirtualNodeName: name, Spec: &types.VirtualNodeSpec{},
		}))
		ok(client.CreateVirtualRouter(ctx, &appmesh.CreateVirtualRouterInput{
			MeshName: mesh, VirtualRouterName: name, Spec: &types.VirtualRouterSpec{
				Listeners: []types.VirtualRouterListener{{PortMapping: mapping(80, types.PortProtocolTcp)}},
			},
		}))
		ok(client.CreateVirtualService(ctx, &appmesh.CreateVirtualServiceInput{
			MeshName: mesh, VirtualServiceName: name, Spec: &types.VirtualServiceSpec{},
		}))
		ok(client.CreateVirtualGateway(ctx, &appmesh.CreateVirtualGatewayInput{
			MeshName: mesh, VirtualGatewayName: name, Spec: &types.VirtualGatewaySpec{
				Listeners: []types.VirtualGatewayListener{{
					PortMapping: &types.VirtualGatewayPortMapping{Port: aws.Int32(80), Protocol: "http"},
				}},
			},
		}))
		ok(client.CreateRoute(ctx, &appmesh.CreateRouteInput{
			MeshName: mesh, VirtualRouterName: parent, RouteName: name, Spec: &types.RouteSpec{
				TcpRoute: &types.TcpRoute{Action: &types.TcpRouteAction{WeightedTargets: targets("v1")}},
			},
		}))
		ok(client.CreateGatewayRoute(ctx, &appmesh.CreateGatewayRouteInput{
			MeshName: mesh, VirtualGatewayName: parent, GatewayRouteName: name, Spec: &types.GatewayRouteSpec{
				HttpRoute: &types.HttpGatewayRoute{
					Match: &types.HttpGatewayRouteMatch{Prefix: aws.String("/")},
					Action: &types.HttpGatewayRouteAction{Target: &types.GatewayRouteTarget{
						VirtualService: &types.GatewayRouteVirtualService{VirtualServiceName: parent},
					}},
				},
			},
		}))
		ok(client.TagResource(ctx, &appmesh.TagResourceInput{
			ResourceArn: aws.String(arn + "go-pages-1"), Tags: []types.TagRef{{Key: name, Value: name}},
		}))
	}

	two := aws.Int32(2)
	nodes := appmesh.NewListVirtualNodesPaginator(client, &appmesh.ListVirtualNodesInput{MeshName: mesh, Limit: two})
	same(t, pages(nodes.HasMorePages, nodes.NextPage, func(page *appmesh.ListVirtualNodesOutput) []string {
		return each(page.VirtualNodes, func(ref types.VirtualNodeRef) *string { return ref.VirtualNodeName })
	}), "v1 v2|v3")
	routers := appmesh.NewListVirtualRoutersPaginator(client, &appmesh.ListVirtualRoutersInput{
		MeshName: mesh, Limit: two,
	})
	same(t, pages(routers.HasMorePages, routers.NextPage, func(page *appmesh.ListVirtualRoutersOutput) []string {
		return each(page.VirtualRouters, func(ref types.VirtualRouterRef) *string { return ref.VirtualRouterName })
	}), "v1 v2|v3")
	services := appmesh.NewListVirtualServicesPaginator(client, &appmesh.ListVirtualServicesInput{
		MeshName: mesh, Limit: two,
	})
	same(t, pages(services.HasMorePages, services.NextPage, func(page *appmesh.ListVirtualServicesOutput) []string {
		return each(page.VirtualServices, func(ref types.VirtualServiceRef) *string { return ref.VirtualServiceName })
	}), "v1 v2|v3")
	gateways := appmesh.NewListVirtualGatewaysPaginator(client, &appmesh.ListVirtualGatewaysInput{
		MeshName: mesh, Limit: two,
	})
	same(t, pages(gateways.HasMorePages, gateways.NextPage, func(page *appmesh.ListVirtualGatewaysOutput) []string {
		return each(page.VirtualGateways, func(ref types.VirtualGatewayRef) *string { return ref.VirtualGatewayName })
	}), "v1 v2|v3")
	routes := appmesh.NewListRoutesPaginator(client, &appmesh.ListRoutesInput{
		MeshName: mesh, VirtualRouterName: parent, Limit: two,
	})
	same(t, pages(routes.HasMorePages, routes.NextPage, func(page *appmesh.ListRoutesOutput) []string {
		return each(page.Routes, func(ref types.RouteRef) *string { return ref.RouteName })
	}), "v1 v2|v3")
	gatewayRoutes := appmesh.NewListGatewayRoutesPaginator(client, &appmesh.ListGatewayRoutesInput{
		MeshName: mesh, VirtualGatewayName: parent, Limit: two,
	})
	same(t, pages(gatewayRoutes.HasMorePages, gatewayRoutes.NextPage,
		func(page *appmesh.ListGatewayRoutesOutput) []string {
			return each(page.GatewayRoutes, func(ref types.GatewayRouteRef) *string { return ref.GatewayRouteName })
		}), "v1 v2|v3")
	tags := appmesh.NewListTagsForResourcePaginator(client, &appmesh.ListTagsForResourceInput{
		ResourceArn: aws.String(arn + "go-pages-1"), Limit: two,
	})
	same(t, pages(tags.HasMorePages, tags.NextPage, func(page *appmesh.ListTagsForResourceOutput) []string {
		return each(page.Tags, func(tag types.TagRef) *string { return tag.Key })
	}), "v1 v2|v3")
	meshes := appmesh.NewListMeshesPaginator(client, &appmesh.ListMeshesInput{Limit: aws.Int32(1)})
	all := pages(meshes.HasMorePages, meshes.NextPage, func(page *appmesh.ListMeshesOutput) []string {
		return each(page.Meshes, func(ref types.MeshRef) *string { return ref.MeshName })
	})
	if !strings.Contains(all, "go-pages-1|go-pages-2|go-pages-3") {
		t.Fatalf("meshes, one to a page: %s", all)
	}
}

// pages gives the names of what is on every page of a paginator, "a b|c".
func pages[Page any](
	more func() bool,
	next func(context.Context, ...func(*appmesh.Options)) (*Page, error),
	names func(*Page) []string,
) string {
	var all []string
	for more() {
		all = append(all, strings.Join(names(ok(next(ctx))), " "))
	}
	return strings.Join(all, "|")
}

func each[Item any](items []Item, name func(Item) *string) []string {
	var names []string
	for _, item := range items {
		names = append(names, aws.ToString(name(item)))
	}
	return names
}
