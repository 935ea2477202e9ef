package client

import (
	"errors"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/appmesh"
)

// The SDK's first version, which App Mesh's Kubernetes controller and many releases of Terraform's AWS provider are
// built with. What follows is what the controller does of each entity, time and again: describe it, create it where it
// is not found, and update it where it is not as wanted.
func TestVersion1(t *testing.T) {
	client := appmesh.New(session.Must(session.NewSession(&aws.Config{
		Endpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL_APP_MESH")), MaxRetries: aws.Int(0),
	})))
	mesh, owner, name, service := aws.String("go-version1"), aws.String(account), aws.String("rose_garden"),
		aws.String("rose.garden.svc.cluster.local")
	created, err := client.CreateMesh(&appmesh.CreateMeshInput{MeshName: mesh})
	if err != nil {
		t.Fatal(err)
	}
	same(t, *created.Mesh.Status.Status, appmesh.MeshStatusCodeActive)

	http := &appmesh.PortMapping{Port: aws.Int64(8080), Protocol: aws.String("http")}
	reconcile(t, &appmesh.VirtualNodeSpec{
		Listeners: []*appmesh.Listener{{
			PortMapping: http,
			HealthCheck: &appmesh.HealthCheckPolicy{
				Protocol: aws.String("http"), Path: aws.String("/"), HealthyThreshold: aws.Int64(2),
				UnhealthyThreshold: aws.Int64(2), IntervalMillis: aws.Int64(5000), TimeoutMillis: aws.Int64(2000),
			},
		}},
		ServiceDiscovery: &appmesh.ServiceDiscovery{Dns: &appmesh.DnsServiceDiscovery{Hostname: service}},
		// A service that there is none of yet, of which this node is the provider: both name each other.
		Backends: []*appmesh.Backend{{VirtualService: &appmesh.VirtualServiceBackend{VirtualServiceName: service}}},
	}, resource[appmesh.VirtualNodeSpec]{
		describe: func() (*appmesh.VirtualNodeSpec, *appmesh.ResourceMetadata, error) {
			output, err := client.DescribeVirtualNode(&appmesh.DescribeVirtualNodeInput{
				MeshName: mesh, MeshOwner: owner, VirtualNodeName: name,
			})
			if err != nil {
				return nil, nil, err
			}
			return output.VirtualNode.Spec, output.VirtualNode.Metadata, nil
		},
		create: func(spec *appmesh.VirtualNodeSpec) error {
			_, err := client.CreateVirtualNode(&appmesh.CreateVirtualNodeInput{
				MeshName: mesh, MeshOwner: owner, VirtualNodeName: name, Spec: spec,
			})
			return err
		},
		update: func(spec *appmesh.VirtualNodeSpec) error {
			_, err := client.UpdateVirtualNode(&appmesh.UpdateVirtualNodeInput{
				MeshName: mesh, MeshOwner: owner, VirtualNodeName: name, Spec: spec,
			})
			return err
		},
		change: func(spec *appmesh.VirtualNodeSpec) { spec.Backends = nil },
	})
	reconcile(t, &appmesh.VirtualRouterSpec{
		Listeners: []*appmesh.VirtualRouterListener{{PortMapping: http}},
	}, resource[appmesh.VirtualRouterSpec]{
		describe: func() (*appmesh.VirtualRouterSpec, *appmesh.ResourceMetadata, error) {
			output, err := client.DescribeVirtualRouter(&appmesh.DescribeVirtualRouterInput{
				MeshName: mesh, MeshOwner: owner, VirtualRouterName: name,
			})
			if err != nil {
				return nil, nil, err
			}
			return output.VirtualRouter.Spec, output.VirtualRouter.Metadata, nil
		},
		create: func(spec *appmesh.VirtualRouterSpec) error {
			_, err := client.CreateVirtualRouter(&appmesh.CreateVirtualRouterInput{
				MeshName: mesh, MeshOwner: owner, VirtualRouterName: name, Spec: spec,
			})
			return err
		},
		update: func(spec *appmesh.VirtualRouterSpec) error {
			_, err := client.UpdateVirtualRouter(&appmesh.UpdateVirtualRouterInput{
				MeshName: mesh, MeshOwner: owner, VirtualRouterName: name, Spec: spec,
			})
			return err
		},
		change: func(spec *appmesh.VirtualRouterSpec) {
			spec.Listeners[0] = &appmesh.VirtualRouterListener{
				PortMapping: &appmesh.PortMapping{Port: aws.Int64(9090), Protocol: aws.String("grpc")},
			}
		},
	})
	reconcile(t, &appmesh.RouteSpec{HttpRoute: &appmesh.HttpRoute{
		Match: &appmesh.HttpRouteMatch{
			Prefix: aws.String("/"),
			Headers: []*appmesh.HttpRouteHeader{{
				Name: aws.String("x-user"), Invert: aws.Bool(false),
				Match: &appmesh.HeaderMatchMethod{Range: &appmesh.MatchRange{Start: aws.Int64(0), End: aws.Int64(10)}},
			}},
		},
		Action: &appmesh.HttpRouteAction{WeightedTargets: []*appmesh.WeightedTarget{
			{VirtualNode: name, Weight: aws.Int64(0)},
		}},
	}}, resource[appmesh.RouteSpec]{
		describe: func() (*appmesh.RouteSpec, *appmesh.ResourceMetadata, error) {
			output, err := client.DescribeRoute(&appmesh.DescribeRouteInput{
				MeshName: mesh, MeshOwner: owner, VirtualRouterName: name, RouteName: aws.String("r"),
			})
			if err != nil {
				return nil, nil, err
			}
			return output.Route.Spec, output.Route.Metadata, nil
		},
		create: func(spec *appmesh.RouteSpec) error {
			_, err := client.CreateRoute(&appmesh.CreateRouteInput{
				MeshName: mesh, MeshOwner: owner, VirtualRouterName: name, RouteName: aws.String("r"), Spec: spec,
			})
			return err
		},
		update: func(spec *appmesh.RouteSpec) error {
			_, err := client.UpdateRoute(&appmesh.UpdateRouteInput{
				MeshName: mesh, MeshOwner: owner, VirtualRouterName: name, RouteName: aws.String("r"), Spec: spec,
			})
			return err
		},
		change: func(spec *appmesh.RouteSpec) {
			spec.HttpRoute.Action.WeightedTargets[0].Weight = aws.Int64(1)
		},
	})
	reconcile(t, &appmesh.VirtualServiceSpec{Provider: &appmesh.VirtualServiceProvider{
		VirtualNode: &appmesh.VirtualNodeServiceProvider{VirtualNodeName: name},
	}}, resource[appmesh.VirtualServiceSpec]{
		describe: func() (*appmesh.VirtualServiceSpec, *appmesh.ResourceMetadata, error) {
			output, err := client.DescribeVirtualService(&appmesh.DescribeVirtualServiceInput{
				MeshName: mesh, MeshOwner: owner, VirtualServiceName: service,
			})
			if err != nil {
				return nil, nil, err
			}
			return output.VirtualService.Spec, output.VirtualService.Metadata, nil
		},
		create: func(spec *appmesh.VirtualServiceSpec) error {
			_, err := client.CreateVirtualService(&appmesh.CreateVirtualServiceInput{
				MeshName: mesh, MeshOwner: owner, VirtualServiceName: service, Spec: spec,
			})
			return err
		},
		update: func(spec *appmesh.VirtualServiceSpec) error {
			_, err := client.UpdateVirtualService(&appmesh.UpdateVirtualServiceInput{
				MeshName: mesh, MeshOwner: owner, VirtualServiceName: service, Spec: spec,
			})
			return err
		},
		change: func(spec *appmesh.VirtualServiceSpec) {
			spec.Provider = &appmesh.VirtualServiceProvider{
				VirtualRouter: &appmesh.VirtualRouterServiceProvider{VirtualRouterName: name},
			}
		},
	})

	var pages int
	err = client.ListVirtualNodesPages(&appmesh.ListVirtualNodesInput{MeshName: mesh, Limit: aws.Int64(1)},
		func(page *appmesh.ListVirtualNodesOutput, last bool) bool {
			pages++
			same(t, *page.VirtualNodes[0].VirtualNodeName, *name)
			return true
		})
	if err != nil || pages != 1 {
		t.Fatalf("%d pages, %v", pages, err)
	}
	_, err = client.DeleteMesh(&appmesh.DeleteMeshInput{MeshName: mesh})
	same(t, codeOf(err), appmesh.ErrCodeResourceInUseException)
}

type resource[Spec any] struct {
	describe func() (*Spec, *appmesh.ResourceMetadata, error)
	create   func(*Spec) error
	update   func(*Spec) error
	change   func(*Spec)
}

// reconcile makes an entity as the controller does, and finds nothing to do afterwards; again after a change.
func reconcile[Spec any](t *testing.T, spec *Spec, entity resource[Spec]) {
	t.Helper()
	_, _, err := entity.describe()
	same(t, codeOf(err), appmesh.ErrCodeNotFoundException)
	if err := entity.create(spec); err != nil {
		t.Fatal(err)
	}
	for version := int64(1); ; version++ {
		actual, metadata, err := entity.describe()
		if err != nil {
			t.Fatal(err)
		}
		// One difference, and the controller would update it for ever.
		same(t, actual, spec)
		same(t, *metadata.Version, version)
		same(t, *metadata.ResourceOwner, account)
		if version == 2 {
			return
		}
		entity.change(spec)
		if err := entity.update(spec); err != nil {
			t.Fatal(err)
		}
	}
}

func codeOf(err error) string {
	var typed awserr.Error
	if errors.As(err, &typed) {
		return typed.Code()
	}
	return ""
}
