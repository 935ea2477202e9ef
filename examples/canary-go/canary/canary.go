// Package canary is a service of two versions, whose traffic moves from the one to the other.
package canary

import (
	"github.com/pulumi-appmesh/pulumi-appmesh/sdk/go/appmesh"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

// Program declares the mesh.
func Program(ctx *pulumi.Context) error {
	settings := config.New(ctx, "")
	canaryWeight := settings.RequireInt("canaryWeight")

	mesh, err := appmesh.NewMesh(ctx, "shop", &appmesh.MeshArgs{MeshName: pulumi.String("shop")})
	if err != nil {
		return err
	}
	listener := appmesh.ListenerArgs{
		PortMapping: appmesh.PortMappingArgs{Port: pulumi.Int(8080), Protocol: appmesh.PortProtocolHttp},
	}

	catalog, err := appmesh.NewMeshService(ctx, "catalog", &appmesh.MeshServiceArgs{
		MeshName:           mesh.MeshName,
		VirtualServiceName: pulumi.String("catalog.shop.local"),
		Listener:           listener,
		Versions: map[string]appmesh.MeshServiceVersionArgs{
			"v1": {Weight: pulumi.Int(100 - canaryWeight), ServiceDiscovery: dns("catalog-v1.shop.internal")},
			"v2": {Weight: pulumi.Int(canaryWeight), ServiceDiscovery: dns("catalog-v2.shop.internal")},
		},
		HttpRoute: appmesh.MeshServiceHttpRouteArgs{
			RetryPolicy: appmesh.HttpRetryPolicyArgs{
				MaxRetries:      pulumi.Int(2),
				PerRetryTimeout: appmesh.DurationArgs{Value: pulumi.Int(500), Unit: appmesh.DurationUnitMs},
				HttpRetryEvents: appmesh.HttpRetryPolicyEventArray{appmesh.HttpRetryPolicyEventServerError},
			},
		},
	})
	if err != nil {
		return err
	}

	if settings.GetBool("adoptRatings") {
		_, err := appmesh.NewVirtualNode(ctx, "ratings", &appmesh.VirtualNodeArgs{
			MeshName:        mesh.MeshName,
			VirtualNodeName: pulumi.String("ratings"),
			Spec: appmesh.VirtualNodeSpecArgs{
				Listeners:        appmesh.ListenerArray{listener},
				ServiceDiscovery: dns("ratings.shop.internal"),
			},
		}, pulumi.Import(pulumi.ID("shop/ratings")))
		if err != nil {
			return err
		}
	}

	// What the component does not tell is looked up. Who lets a proxy join the mesh by an IAM policy names its node so.
	canaryNode := appmesh.LookupVirtualNodeOutput(ctx, appmesh.LookupVirtualNodeOutputArgs{
		MeshName:        mesh.MeshName,
		VirtualNodeName: catalog.VirtualNodeNames.MapIndex(pulumi.String("v2")),
	})

	ctx.Export("virtualServiceName", catalog.VirtualServiceName)
	ctx.Export("canaryNodeArn", canaryNode.Arn())
	return nil
}

func dns(hostname string) appmesh.ServiceDiscoveryArgs {
	return appmesh.ServiceDiscoveryArgs{Dns: appmesh.DnsServiceDiscoveryArgs{Hostname: pulumi.String(hostname)}}
}
