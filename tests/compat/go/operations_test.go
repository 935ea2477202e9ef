package client

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/appmesh"
	"github.com/aws/aws-sdk-go-v2/service/appmesh/types"
)

// All 38 operations, each answer compared whole.
func TestOperations(t *testing.T) {
	client, called := connect()
	mesh := aws.String("go")
	node, router, route, service, gateway := aws.String("catalog"), aws.String("catalog"), aws.String("canary"),
		aws.String("catalog.shop.local"), aws.String("edge")

	// Mesh
	meshSpec := &types.MeshSpec{EgressFilter: &types.EgressFilter{Type: types.EgressFilterTypeDropAll}}
	meshData := ok(client.CreateMesh(ctx, &appmesh.CreateMeshInput{MeshName: mesh, Spec: meshSpec})).Mesh
	wantMesh := func(version int64) *types.MeshData {
		return &types.MeshData{
			MeshName: mesh, Metadata: metadata(t, meshData.Metadata, "go", version), Spec: meshSpec,
			Status: &types.MeshStatus{Status: types.MeshStatusCodeActive},
		}
	}
	same(t, meshData, wantMesh(1))
	same(t, ok(client.DescribeMesh(ctx, &appmesh.DescribeMeshInput{MeshName: mesh})).Mesh, meshData)
	meshSpec = &types.MeshSpec{ServiceDiscovery: &types.MeshServiceDiscovery{IpPreference: types.IpPreferenceIPv4Only}}
	meshData = ok(client.UpdateMesh(ctx, &appmesh.UpdateMeshInput{MeshName: mesh, Spec: meshSpec})).Mesh
	same(t, meshData, wantMesh(2))
	meshes := ok(client.ListMeshes(ctx, &appmesh.ListMeshesInput{}))
	m := meshData.Metadata
	same(t, meshes.Meshes, []types.MeshRef{{
		Arn: m.Arn, CreatedAt: m.CreatedAt, LastUpdatedAt: m.LastUpdatedAt, MeshName: mesh, MeshOwner: m.MeshOwner,
		ResourceOwner: m.ResourceOwner, Version: m.Version,
	}})
	same(t, meshes.NextToken, (*string)(nil))

	// VirtualNode
	nodeSpec := &types.VirtualNodeSpec{
		Listeners: []types.Listener{{
			PortMapping: mapping(8080, types.PortProtocolHttp2),
			HealthCheck: &types.HealthCheckPolicy{
				Protocol: types.PortProtocolHttp2, Path: aws.String("/ping"), Port: aws.Int32(8080),
				IntervalMillis: aws.Int64(5000), TimeoutMillis: aws.Int64(2000), HealthyThreshold: aws.Int32(2), UnhealthyThreshold: aws.Int32(3),
			},
			Timeout: &types.ListenerTimeoutMemberHttp2{Value: types.HttpTimeout{
				Idle: duration(0, types.DurationUnitS), PerRequest: duration(1500, types.DurationUnitMs),
			}},
			ConnectionPool: &types.VirtualNodeConnectionPoolMemberHttp2{
				Value: types.VirtualNodeHttp2ConnectionPool{MaxRequests: aws.Int32(10)},
			},
			OutlierDetection: &types.OutlierDetection{
				MaxServerErrors: aws.Int64(5), Interval: duration(10, types.DurationUnitS),
				BaseEjectionDuration: duration(30, types.DurationUnitS), MaxEjectionPercent: aws.Int32(0),
			},
			Tls: &types.ListenerTls{
				Mode: types.ListenerTlsModeStrict,
				Certificate: &types.ListenerTlsCertificateMemberFile{Value: types.ListenerTlsFileCertificate{
					CertificateChain: aws.String("/chain.pem"), PrivateKey: aws.String("/key.pem"),
				}},
				Validation: &types.ListenerTlsValidationContext{
					Trust: &types.ListenerTlsValidationContextTrustMemberSds{
						Value: types.TlsValidationContextSdsTrust{SecretName: aws.String("ca")},
					},
					SubjectAlternativeNames: &types.SubjectAlternativeNames{
						Match: &types.SubjectAlternativeNameMatchers{Exact: []string{"web.shop.local"}},
					},
				},
			},
		}},
		ServiceDiscovery: &types.ServiceDiscoveryMemberAwsCloudMap{Value: types.AwsCloudMapServiceDiscovery{
			NamespaceName: aws.String("shop.local"), ServiceName: aws.String("catalog"),
			Attributes: []types.AwsCloudMapInstanceAttribute{{Key: aws.String("stage"), Value: aws.String("prod")}},
		}},
		Backends: []types.Backend{&types.BackendMemberVirtualService{Value: types.VirtualServiceBackend{
			VirtualServiceName: aws.String("ratings.shop.local"),
			ClientPolicy: &types.ClientPolicy{Tls: &types.ClientPolicyTls{
				Enforce: aws.Bool(false), Ports: []int32{443},
				Validation: &types.TlsValidationContext{Trust: &types.TlsValidationContextTrustMemberAcm{
					Value: types.TlsValidationContextAcmTrust{CertificateAuthorityArns: []string{
						"arn:aws:acm-pca:us-east-1:000000000000:certificate-authority/root",
					}},
				}},
			}},
		}}},
		Logging: &types.Logging{AccessLog: &types.AccessLogMemberFile{Value: types.FileAccessLog{
			Path: aws.String("/dev/stdout"), Format: &types.LoggingFormatMemberText{Value: "%PROTOCOL%\n"},
		}}},
	}
	nodeData := ok(client.CreateVirtualNode(ctx, &appmesh.CreateVirtualNodeInput{
		MeshName: mesh, VirtualNodeName: node, Spec: nodeSpec,
	})).VirtualNode
	wantNode := func(version int64) *types.VirtualNodeData {
		return &types.VirtualNodeData{
			MeshName: mesh, VirtualNodeName: node, Spec: nodeSpec,
			Metadata: metadata(t, nodeData.Metadata, "go/virtualNode/catalog", version),
			Status:   &types.VirtualNodeStatus{Status: types.VirtualNodeStatusCodeActive},
		}
	}
	same(t, nodeData, wantNode(1))
	same(t, ok(client.DescribeVirtualNode(ctx, &appmesh.DescribeVirtualNodeInput{
		MeshName: mesh, VirtualNodeName: node,
	})).VirtualNode, nodeData)
	nodeSpec = &types.VirtualNodeSpec{
		Listeners: []types.Listener{{PortMapping: mapping(8080, types.PortProtocolTcp)}},
		Backends:  []types.Backend{},
		ServiceDiscovery: &types.ServiceDiscoveryMemberDns{Value: types.DnsServiceDiscovery{
			Hostname: aws.String("catalog.shop.local"), ResponseType: types.DnsResponseTypeEndpoints,
		}},
	}
	nodeData = ok(client.UpdateVirtualNode(ctx, &appmesh.UpdateVirtualNodeInput{
		MeshName: mesh, VirtualNodeName: node, Spec: nodeSpec,
	})).VirtualNode
	same(t, nodeData, wantNode(2))
	m = nodeData.Metadata
	same(t, ok(client.ListVirtualNodes(ctx, &appmesh.ListVirtualNodesInput{MeshName: mesh})).VirtualNodes,
		[]types.VirtualNodeRef{{
			Arn: m.Arn, CreatedAt: m.CreatedAt, LastUpdatedAt: m.LastUpdatedAt, MeshName: mesh, MeshOwner: m.MeshOwner,
			ResourceOwner: m.ResourceOwner, Version: m.Version, VirtualNodeName: node,
		}})

	// VirtualRouter
	routerSpec := &types.VirtualRouterSpec{
		Listeners: []types.VirtualRouterListener{{PortMapping: mapping(8080, types.PortProtocolHttp)}},
	}
	routerData := ok(client.CreateVirtualRouter(ctx, &appmesh.CreateVirtualRouterInput{
		MeshName: mesh, VirtualRouterName: router, Spec: routerSpec,
	})).VirtualRouter
	wantRouter := func(version int64) *types.VirtualRouterData {
		return &types.VirtualRouterData{
			MeshName: mesh, VirtualRouterName: router, Spec: routerSpec,
			Metadata: metadata(t, routerData.Metadata, "go/virtualRouter/catalog", version),
			Status:   &types.VirtualRouterStatus{Status: types.VirtualRouterStatusCodeActive},
		}
	}
	same(t, routerData, wantRouter(1))
	same(t, ok(client.DescribeVirtualRouter(ctx, &appmesh.DescribeVirtualRouterInput{
		MeshName: mesh, VirtualRouterName: router,
	})).VirtualRouter, routerData)
	routerSpec = &types.VirtualRouterSpec{
		Listeners: []types.VirtualRouterListener{{PortMapping: mapping(9090, types.PortProtocolGrpc)}},
	}
	routerData = ok(client.UpdateVirtualRouter(ctx, &appmesh.UpdateVirtualRouterInput{
		MeshName: mesh, VirtualRouterName: router, Spec: routerSpec,
	})).VirtualRouter
	same(t, routerData, wantRouter(2))
	m = routerData.Metadata
	same(t, ok(client.ListVirtualRouters(ctx, &appmesh.ListVirtualRoutersInput{MeshName: mesh})).VirtualRouters,
		[]types.VirtualRouterRef{{
			Arn: m.Arn, CreatedAt: m.CreatedAt, LastUpdatedAt: m.LastUpdatedAt, MeshName: mesh, MeshOwner: m.MeshOwner,
			ResourceOwner: m.ResourceOwner, Version: m.Version, VirtualRouterName: router,
		}})

	// Route
	routeSpec := &types.RouteSpec{
		Priority: aws.Int32(0),
		GrpcRoute: &types.GrpcRoute{
			Match: &types.GrpcRouteMatch{
				ServiceName: aws.String("shop.Catalog"), MethodName: aws.String("List"),
				Metadata: []types.GrpcRouteMetadata{
					{
						Name: aws.String("x-shard"), Invert: aws.Bool(false),
						Match: &types.GrpcRouteMetadataMatchMethodMemberRange{
							Value: types.MatchRange{Start: aws.Int64(0), End: aws.Int64(8)},
						},
					},
					{Name: aws.String("x-any")},
				},
			},
			Action: &types.GrpcRouteAction{WeightedTargets: targets("catalog")},
			RetryPolicy: &types.GrpcRetryPolicy{
				MaxRetries: aws.Int64(0), PerRetryTimeout: duration(2, types.DurationUnitS),
				GrpcRetryEvents: []types.GrpcRetryPolicyEvent{types.GrpcRetryPolicyEventUnavailable},
				HttpRetryEvents: []string{"gateway-error"},
				TcpRetryEvents:  []types.TcpRetryPolicyEvent{types.TcpRetryPolicyEventConnectionError},
			},
			Timeout: &types.GrpcTimeout{PerRequest: duration(20, types.DurationUnitS)},
		},
	}
	routeData := ok(client.CreateRoute(ctx, &appmesh.CreateRouteInput{
		MeshName: mesh, VirtualRouterName: router, RouteName: route, Spec: routeSpec,
	})).Route
	wantRoute := func(version int64) *types.RouteData {
		return &types.RouteData{
			MeshName: mesh, VirtualRouterName: router, RouteName: route, Spec: routeSpec,
			Metadata: metadata(t, routeData.Metadata, "go/virtualRouter/catalog/route/canary", version),
			Status:   &types.RouteStatus{Status: types.RouteStatusCodeActive},
		}
	}
	same(t, routeData, wantRoute(1))
	same(t, ok(client.DescribeRoute(ctx, &appmesh.DescribeRouteInput{
		MeshName: mesh, VirtualRouterName: router, RouteName: route,
	})).Route, routeData)
	routeSpec = &types.RouteSpec{HttpRoute: &types.HttpRoute{
		Match: &types.HttpRouteMatch{
			Path: &types.HttpPathMatch{Exact: aws.String("/catalog")}, Method: types.HttpMethodGet,
			Scheme: types.HttpSchemeHttps,
			Headers: []types.HttpRouteHeader{{
				Name: aws.String("x-user"), Match: &types.HeaderMatchMethodMemberSuffix{Value: "@example.com"},
			}},
			QueryParameters: []types.HttpQueryParameter{{
				Name: aws.String("canary"), Match: &types.QueryParameterMatch{Exact: aws.String("yes")},
			}},
		},
		Action: &types.HttpRouteAction{WeightedTargets: targets("catalog")},
	}}
	routeData = ok(client.UpdateRoute(ctx, &appmesh.UpdateRouteInput{
		MeshName: mesh, VirtualRouterName: router, RouteName: route, Spec: routeSpec,
	})).Route
	same(t, routeData, wantRoute(2))
	m = routeData.Metadata
	same(t, ok(client.ListRoutes(ctx, &appmesh.ListRoutesInput{MeshName: mesh, VirtualRouterName: router})).Routes,
		[]types.RouteRef{{
			Arn: m.Arn, CreatedAt: m.CreatedAt, LastUpdatedAt: m.LastUpdatedAt, MeshName: mesh, MeshOwner: m.MeshOwner,
			ResourceOwner: m.ResourceOwner, RouteName: route, Version: m.Version, VirtualRouterName: router,
		}})

	// VirtualService
	serviceSpec := &types.VirtualServiceSpec{Provider: &types.VirtualServiceProviderMemberVirtualRouter{
		Value: types.VirtualRouterServiceProvider{VirtualRouterName: router},
	}}
	serviceData := ok(client.CreateVirtualService(ctx, &appmesh.CreateVirtualServiceInput{
		MeshName: mesh, VirtualServiceName: service, Spec: serviceSpec,
	})).VirtualService
	wantService := func(version int64) *types.VirtualServiceData {
		return &types.VirtualServiceData{
			MeshName: mesh, VirtualServiceName: service, Spec: serviceSpec,
			Metadata: metadata(t, serviceData.Metadata, "go/virtualService/catalog.shop.local", version),
			Status:   &types.VirtualServiceStatus{Status: types.VirtualServiceStatusCodeActive},
		}
	}
	same(t, serviceData, wantService(1))
	same(t, ok(client.DescribeVirtualService(ctx, &appmesh.DescribeVirtualServiceInput{
		MeshName: mesh, VirtualServiceName: service,
	})).VirtualService, serviceData)
	serviceSpec = &types.VirtualServiceSpec{}
	serviceData = ok(client.UpdateVirtualService(ctx, &appmesh.UpdateVirtualServiceInput{
		MeshName: mesh, VirtualServiceName: service, Spec: serviceSpec,
	})).VirtualService
	same(t, serviceData, wantService(2))
	m = serviceData.Metadata
	same(t, ok(client.ListVirtualServices(ctx, &appmesh.ListVirtualServicesInput{MeshName: mesh})).VirtualServices,
		[]types.VirtualServiceRef{{
			Arn: m.Arn, CreatedAt: m.CreatedAt, LastUpdatedAt: m.LastUpdatedAt, MeshName: mesh, MeshOwner: m.MeshOwner,
			ResourceOwner: m.ResourceOwner, Version: m.Version, VirtualServiceName: service,
		}})

	// VirtualGateway
	gatewaySpec := &types.VirtualGatewaySpec{
		Listeners: []types.VirtualGatewayListener{{
			PortMapping: &types.VirtualGatewayPortMapping{Port: aws.Int32(443), Protocol: "http"},
			ConnectionPool: &types.VirtualGatewayConnectionPoolMemberHttp{
				Value: types.VirtualGatewayHttpConnectionPool{MaxConnections: aws.Int32(5), MaxPendingRequests: aws.Int32(1)},
			},
			Tls: &types.VirtualGatewayListenerTls{
				Mode: types.VirtualGatewayListenerTlsModePermissive,
				Certificate: &types.VirtualGatewayListenerTlsCertificateMemberAcm{
					Value: types.VirtualGatewayListenerTlsAcmCertificate{
						CertificateArn: aws.String("arn:aws:acm:us-east-1:000000000000:certificate/edge"),
					},
				},
			},
		}},
	}
	gatewayData := ok(client.CreateVirtualGateway(ctx, &appmesh.CreateVirtualGatewayInput{
		MeshName: mesh, VirtualGatewayName: gateway, Spec: gatewaySpec,
	})).VirtualGateway
	wantGateway := func(version int64) *types.VirtualGatewayData {
		return &types.VirtualGatewayData{
			MeshName: mesh, VirtualGatewayName: gateway, Spec: gatewaySpec,
			Metadata: metadata(t, gatewayData.Metadata, "go/virtualGateway/edge", version),
			Status:   &types.VirtualGatewayStatus{Status: types.VirtualGatewayStatusCodeActive},
		}
	}
	same(t, gatewayData, wantGateway(1))
	same(t, ok(client.DescribeVirtualGateway(ctx, &appmesh.DescribeVirtualGatewayInput{
		MeshName: mesh, VirtualGatewayName: gateway,
	})).VirtualGateway, gatewayData)
	gatewaySpec = &types.VirtualGatewaySpec{
		Listeners: []types.VirtualGatewayListener{{
			PortMapping: &types.VirtualGatewayPortMapping{Port: aws.Int32(8443), Protocol: "http2"},
		}},
		Logging: &types.VirtualGatewayLogging{AccessLog: &types.VirtualGatewayAccessLogMemberFile{
			Value: types.VirtualGatewayFileAccessLog{
				Path: aws.String("/dev/stdout"),
				Format: &types.LoggingFormatMemberJson{Value: []types.JsonFormatRef{
					{Key: aws.String("protocol"), Value: aws.String("%PROTOCOL%")},
				}},
			},
		}},
	}
	gatewayData = ok(client.UpdateVirtualGateway(ctx, &appmesh.UpdateVirtualGatewayInput{
		MeshName: mesh, VirtualGatewayName: gateway, Spec: gatewaySpec,
	})).VirtualGateway
	same(t, gatewayData, wantGateway(2))
	m = gatewayData.Metadata
	same(t, ok(client.ListVirtualGateways(ctx, &appmesh.ListVirtualGatewaysInput{MeshName: mesh})).VirtualGateways,
		[]types.VirtualGatewayRef{{
			Arn: m.Arn, CreatedAt: m.CreatedAt, LastUpdatedAt: m.LastUpdatedAt, MeshName: mesh, MeshOwner: m.MeshOwner,
			ResourceOwner: m.ResourceOwner, Version: m.Version, VirtualGatewayName: gateway,
		}})

	// GatewayRoute
	gatewayRoute := aws.String("catalog")
	target := &types.GatewayRouteTarget{
		VirtualService: &types.GatewayRouteVirtualService{VirtualServiceName: service},
	}
	gatewayRouteSpec := &types.GatewayRouteSpec{Http2Route: &types.HttpGatewayRoute{
		Match: &types.HttpGatewayRouteMatch{
			Prefix: aws.String("/"), Hostname: &types.GatewayRouteHostnameMatch{Suffix: aws.String(".example.com")},
		},
		Action: &types.HttpGatewayRouteAction{Target: target, Rewrite: &types.HttpGatewayRouteRewrite{
			Hostname: &types.GatewayRouteHostnameRewrite{DefaultTargetHostname: types.DefaultGatewayRouteRewriteEnabled},
			Prefix:   &types.HttpGatewayRoutePrefixRewrite{Value: aws.String("/v1/")},
		}},
	}}
	gatewayRouteData := ok(client.CreateGatewayRoute(ctx, &appmesh.CreateGatewayRouteInput{
		MeshName: mesh, VirtualGatewayName: gateway, GatewayRouteName: gatewayRoute, Spec: gatewayRouteSpec,
	})).GatewayRoute
	wantGatewayRoute := func(version int64) *types.GatewayRouteData {
		return &types.GatewayRouteData{
			MeshName: mesh, VirtualGatewayName: gateway, GatewayRouteName: gatewayRoute, Spec: gatewayRouteSpec,
			Metadata: metadata(t, gatewayRouteData.Metadata, "go/virtualGateway/edge/gatewayRoute/catalog", version),
			Status:   &types.GatewayRouteStatus{Status: types.GatewayRouteStatusCodeActive},
		}
	}
	same(t, gatewayRouteData, wantGatewayRoute(1))
	same(t, ok(client.DescribeGatewayRoute(ctx, &appmesh.DescribeGatewayRouteInput{
		MeshName: mesh, VirtualGatewayName: gateway, GatewayRouteName: gatewayRoute,
	})).GatewayRoute, gatewayRouteData)
	gatewayRouteSpec = &types.GatewayRouteSpec{Priority: aws.Int32(5), Http2Route: &types.HttpGatewayRoute{
		Match:  &types.HttpGatewayRouteMatch{Path: &types.HttpPathMatch{Regex: aws.String("/v[12]/.*")}},
		Action: &types.HttpGatewayRouteAction{Target: target},
	}}
	gatewayRouteData = ok(client.UpdateGatewayRoute(ctx, &appmesh.UpdateGatewayRouteInput{
		MeshName: mesh, VirtualGatewayName: gateway, GatewayRouteName: gatewayRoute, Spec: gatewayRouteSpec,
	})).GatewayRoute
	same(t, gatewayRouteData, wantGatewayRoute(2))
	m = gatewayRouteData.Metadata
	same(t, ok(client.ListGatewayRoutes(ctx, &appmesh.ListGatewayRoutesInput{
		MeshName: mesh, VirtualGatewayName: gateway,
	})).GatewayRoutes, []types.GatewayRouteRef{{
		Arn: m.Arn, CreatedAt: m.CreatedAt, GatewayRouteName: gatewayRoute, LastUpdatedAt: m.LastUpdatedAt,
		MeshName: mesh, MeshOwner: m.MeshOwner, ResourceOwner: m.ResourceOwner, Version: m.Version,
		VirtualGatewayName: gateway,
	}})

	// Tags
	tags := []types.TagRef{
		{Key: aws.String("stage"), Value: aws.String("prod")}, {Key: aws.String("team"), Value: aws.String("shop")},
	}
	ok(client.TagResource(ctx, &appmesh.TagResourceInput{ResourceArn: m.Arn, Tags: tags}))
	same(t, ok(client.ListTagsForResource(ctx, &appmesh.ListTagsForResourceInput{ResourceArn: m.Arn})).Tags, tags)
	ok(client.UntagResource(ctx, &appmesh.UntagResourceInput{ResourceArn: m.Arn, TagKeys: []string{"stage"}}))
	same(t, ok(client.ListTagsForResource(ctx, &appmesh.ListTagsForResourceInput{ResourceArn: m.Arn})).Tags, tags[1:])

	// Deletion
	goneGatewayRoute := ok(client.DeleteGatewayRoute(ctx, &appmesh.DeleteGatewayRouteInput{
		MeshName: mesh, VirtualGatewayName: gateway, GatewayRouteName: gatewayRoute,
	})).GatewayRoute
	gatewayRouteData.Status.Status = types.GatewayRouteStatusCodeDeleted
	gatewayRouteData.Metadata = ended(gatewayRouteData.Metadata, goneGatewayRoute.Metadata)
	same(t, goneGatewayRoute, gatewayRouteData)

	goneGateway := ok(client.DeleteVirtualGateway(ctx, &appmesh.DeleteVirtualGatewayInput{
		MeshName: mesh, VirtualGatewayName: gateway,
	})).VirtualGateway
	gatewayData.Status.Status = types.VirtualGatewayStatusCodeDeleted
	gatewayData.Metadata = ended(gatewayData.Metadata, goneGateway.Metadata)
	same(t, goneGateway, gatewayData)

	goneService := ok(client.DeleteVirtualService(ctx, &appmesh.DeleteVirtualServiceInput{
		MeshName: mesh, VirtualServiceName: service,
	})).VirtualService
	serviceData.Status.Status = types.VirtualServiceStatusCodeDeleted
	serviceData.Metadata = ended(serviceData.Metadata, goneService.Metadata)
	same(t, goneService, serviceData)

	goneRoute := ok(client.DeleteRoute(ctx, &appmesh.DeleteRouteInput{
		MeshName: mesh, VirtualRouterName: router, RouteName: route,
	})).Route
	routeData.Status.Status = types.RouteStatusCodeDeleted
	routeData.Metadata = ended(routeData.Metadata, goneRoute.Metadata)
	same(t, goneRoute, routeData)

	goneRouter := ok(client.DeleteVirtualRouter(ctx, &appmesh.DeleteVirtualRouterInput{
		MeshName: mesh, VirtualRouterName: router,
	})).VirtualRouter
	routerData.Status.Status = types.VirtualRouterStatusCodeDeleted
	routerData.Metadata = ended(routerData.Metadata, goneRouter.Metadata)
	same(t, goneRouter, routerData)

	goneNode := ok(client.DeleteVirtualNode(ctx, &appmesh.DeleteVirtualNodeInput{
		MeshName: mesh, VirtualNodeName: node,
	})).VirtualNode
	nodeData.Status.Status = types.VirtualNodeStatusCodeDeleted
	nodeData.Metadata = ended(nodeData.Metadata, goneNode.Metadata)
	same(t, goneNode, nodeData)

	goneMesh := ok(client.DeleteMesh(ctx, &appmesh.DeleteMeshInput{MeshName: mesh})).Mesh
	meshData.Status.Status = types.MeshStatusCodeDeleted
	meshData.Metadata = ended(meshData.Metadata, goneMesh.Metadata)
	same(t, goneMesh, meshData)

	if len(called) != 38 {
		t.Fatalf("%d operations were called, of 38: %v", len(called), called)
	}
}
