package client

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/appmesh"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// An entity as an object of the cluster declares it, which APPMESH_OBJECTS has in the order in which the controller is
// told of them: any order.
type declared struct {
	Kind   string          `json:"kind"`
	Name   string          `json:"name"`
	Parent string          `json:"parent"`
	Spec   json.RawMessage `json:"spec"`
	// What must be active before: the controller puts the object off until it is.
	Needs []string `json:"needs"`
	// The spec that a user changes it to later; none where it stays.
	Changed json.RawMessage `json:"changed"`
}

// TestController does what the reconcilers of App Mesh's Kubernetes controller do, by the SDK that they are built with,
// and with nothing told to it but what its pod is: a region, an access key, a bundle of authorities and a host alias.
func TestController(t *testing.T) {
	text, err := os.ReadFile(os.Getenv("APPMESH_OBJECTS"))
	if err != nil {
		t.Fatal(err)
	}
	var objects []declared
	if err := json.Unmarshal(text, &objects); err != nil {
		t.Fatal(err)
	}
	controller := &controller{
		client: appmesh.New(session.Must(session.NewSession())), active: map[string]bool{}, calls: map[string]int{},
	}

	// Every object is made, whatever the order; what is put off comes again.
	for passes, left := 1, objects; len(left) > 0; passes++ {
		if passes > len(objects) {
			t.Fatalf("never made: %v", left)
		}
		var later []declared
		for _, object := range left {
			if !controller.ready(object) {
				later = append(later, object)
				continue
			}
			if err := controller.reconcile(object, object.Spec); err != nil {
				t.Fatalf("%s %s: %v", object.Kind, object.Name, err)
			}
		}
		left = later
	}
	fmt.Println("made", controller.counted())

	// The controller looks at everything again, each time that it starts, and each ten hours.
	for _, object := range objects {
		if err := controller.reconcile(object, object.Spec); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Println("looked at again", controller.counted())

	for _, object := range objects {
		if object.Changed == nil {
			continue
		}
		for range 2 {
			if err := controller.reconcile(object, object.Changed); err != nil {
				t.Fatal(err)
			}
		}
	}
	fmt.Println("changed", controller.counted())

	// All objects are deleted at once, in the order in which they were made: the least favourable one. The finalizer
	// of each is taken off when its entity is gone; until then the controller tries again.
	for passes, left := 1, objects; len(left) > 0; passes++ {
		if passes > len(objects) {
			t.Fatalf("finalizers are left on %v", left)
		}
		var finalizers []declared
		for _, object := range left {
			switch err := controller.cleanup(object); codeOf(err) {
			case "":
				if err != nil {
					t.Fatal(err)
				}
			case appmesh.ErrCodeResourceInUseException:
				finalizers = append(finalizers, object)
			default:
				t.Fatalf("%s %s: %v", object.Kind, object.Name, err)
			}
		}
		left = finalizers
	}
	for _, object := range objects {
		_, _, _, err := controller.operations(object, nil).describe()
		same(t, codeOf(err), appmesh.ErrCodeNotFoundException)
	}
	fmt.Println("deleted", controller.counted())
}

// TestControllerRefused is the same pod with something wrong: what the controller logs and tries again.
func TestControllerRefused(t *testing.T) {
	client := appmesh.New(session.Must(session.NewSession(&aws.Config{MaxRetries: aws.Int(0)})))
	_, err := client.DescribeMesh(&appmesh.DescribeMeshInput{MeshName: aws.String("shop")})
	fmt.Printf("refused %s: %v\n", codeOf(err), err)
}

type controller struct {
	client *appmesh.AppMesh
	active map[string]bool
	calls  map[string]int
}

func key(kind, name string) string { return kind + "/" + name }

func (c *controller) ready(object declared) bool {
	for _, needed := range object.Needs {
		if !c.active[needed] {
			return false
		}
	}
	return true
}

func (c *controller) counted() string {
	text, _ := json.Marshal(c.calls)
	c.calls = map[string]int{}
	return string(text)
}

// reconcile describes an entity, makes it where there is none, and updates it where it is another one than declared.
func (c *controller) reconcile(object declared, spec json.RawMessage) error {
	do := c.operations(object, spec)
	actual, metadata, status, err := do.describe()
	c.calls["describe"]++
	if codeOf(err) == appmesh.ErrCodeNotFoundException {
		c.calls["create"]++
		if err := do.create(); err != nil {
			return err
		}
		actual, metadata, status, err = do.describe()
		c.calls["describe"]++
	} else if err == nil && !cmp.Equal(do.desired, actual, cmpopts.EquateEmpty()) {
		if *metadata.ResourceOwner != account {
			return fmt.Errorf("not ours: %v", metadata)
		}
		c.calls["update"]++
		err = do.update()
	}
	if err != nil {
		return err
	}
	if metadata.Arn == nil || metadata.Uid == nil {
		return fmt.Errorf("nothing for the object's status: %v", metadata)
	}
	c.active[key(object.Kind, object.Name)] = *status == appmesh.MeshStatusCodeActive
	return nil
}

// cleanup is what stands before the removal of an object's finalizer.
func (c *controller) cleanup(object declared) error {
	do := c.operations(object, nil)
	_, _, _, err := do.describe()
	c.calls["describe"]++
	if codeOf(err) == appmesh.ErrCodeNotFoundException {
		return nil
	}
	if err != nil {
		return err
	}
	c.calls["delete"]++
	return do.delete()
}

type operations struct {
	desired  any
	describe func() (spec any, metadata *appmesh.ResourceMetadata, status *string, err error)
	create   func() error
	update   func() error
	delete   func() error
}

const meshOf = "shop"

func (c *controller) operations(object declared, spec json.RawMessage) operations {
	mesh, name, parent := aws.String(meshOf), aws.String(object.Name), aws.String(object.Parent)
	// The owner is what the Mesh object says, which says nothing in the owner's own account.
	var owner *string
	switch object.Kind {
	case "mesh":
		desired := parsed[appmesh.MeshSpec](spec)
		return operations{desired, func() (any, *appmesh.ResourceMetadata, *string, error) {
			output, err := c.client.DescribeMesh(&appmesh.DescribeMeshInput{MeshName: name, MeshOwner: owner})
			if err != nil {
				return nil, nil, nil, err
			}
			return output.Mesh.Spec, output.Mesh.Metadata, output.Mesh.Status.Status, nil
		}, func() error {
			_, err := c.client.CreateMesh(&appmesh.CreateMeshInput{MeshName: name, Spec: desired})
			return err
		}, func() error {
			_, err := c.client.UpdateMesh(&appmesh.UpdateMeshInput{MeshName: name, Spec: desired})
			return err
		}, func() error {
			_, err := c.client.DeleteMesh(&appmesh.DeleteMeshInput{MeshName: name})
			return err
		}}
	case "virtualNode":
		desired := parsed[appmesh.VirtualNodeSpec](spec)
		return operations{desired, func() (any, *appmesh.ResourceMetadata, *string, error) {
			output, err := c.client.DescribeVirtualNode(&appmesh.DescribeVirtualNodeInput{
				MeshName: mesh, MeshOwner: owner, VirtualNodeName: name,
			})
			if err != nil {
				return nil, nil, nil, err
			}
			return output.VirtualNode.Spec, output.VirtualNode.Metadata, output.VirtualNode.Status.Status, nil
		}, func() error {
			_, err := c.client.CreateVirtualNode(&appmesh.CreateVirtualNodeInput{
				MeshName: mesh, MeshOwner: owner, VirtualNodeName: name, Spec: desired,
			})
			return err
		}, func() error {
			_, err := c.client.UpdateVirtualNode(&appmesh.UpdateVirtualNodeInput{
				MeshName: mesh, MeshOwner: owner, VirtualNodeName: name, Spec: desired,
			})
			return err
		}, func() error {
			_, err := c.client.DeleteVirtualNode(&appmesh.DeleteVirtualNodeInput{
				MeshName: mesh, MeshOwner: owner, VirtualNodeName: name,
			})
			return err
		}}
	case "virtualRouter":
		desired := parsed[appmesh.VirtualRouterSpec](spec)
		return operations{desired, func() (any, *appmesh.ResourceMetadata, *string, error) {
			output, err := c.client.DescribeVirtualRouter(&appmesh.DescribeVirtualRouterInput{
				MeshName: mesh, MeshOwner: owner, VirtualRouterName: name,
			})
			if err != nil {
				return nil, nil, nil, err
			}
			return output.VirtualRouter.Spec, output.VirtualRouter.Metadata, output.VirtualRouter.Status.Status, nil
		}, func() error {
			_, err := c.client.CreateVirtualRouter(&appmesh.CreateVirtualRouterInput{
				MeshName: mesh, MeshOwner: owner, VirtualRouterName: name, Spec: desired,
			})
			return err
		}, func() error {
			_, err := c.client.UpdateVirtualRouter(&appmesh.UpdateVirtualRouterInput{
				MeshName: mesh, MeshOwner: owner, VirtualRouterName: name, Spec: desired,
			})
			return err
		}, func() error {
			_, err := c.client.DeleteVirtualRouter(&appmesh.DeleteVirtualRouterInput{
				MeshName: mesh, MeshOwner: owner, VirtualRouterName: name,
			})
			return err
		}}
	case "route":
		desired := parsed[appmesh.RouteSpec](spec)
		return operations{desired, func() (any, *appmesh.ResourceMetadata, *string, error) {
			output, err := c.client.DescribeRoute(&appmesh.DescribeRouteInput{
				MeshName: mesh, MeshOwner: owner, VirtualRouterName: parent, RouteName: name,
			})
			if err != nil {
				return nil, nil, nil, err
			}
			return output.Route.Spec, output.Route.Metadata, output.Route.Status.Status, nil
		}, func() error {
			_, err := c.client.CreateRoute(&appmesh.CreateRouteInput{
				MeshName: mesh, MeshOwner: owner, VirtualRouterName: parent, RouteName: name, Spec: desired,
			})
			return err
		}, func() error {
			_, err := c.client.UpdateRoute(&appmesh.UpdateRouteInput{
				MeshName: mesh, MeshOwner: owner, VirtualRouterName: parent, RouteName: name, Spec: desired,
			})
			return err
		}, func() error {
			_, err := c.client.DeleteRoute(&appmesh.DeleteRouteInput{
				MeshName: mesh, MeshOwner: owner, VirtualRouterName: parent, RouteName: name,
			})
			return err
		}}
	case "virtualService":
		desired := parsed[appmesh.VirtualServiceSpec](spec)
		return operations{desired, func() (any, *appmesh.ResourceMetadata, *string, error) {
			output, err := c.client.DescribeVirtualService(&appmesh.DescribeVirtualServiceInput{
				MeshName: mesh, MeshOwner: owner, VirtualServiceName: name,
			})
			if err != nil {
				return nil, nil, nil, err
			}
			return output.VirtualService.Spec, output.VirtualService.Metadata, output.VirtualService.Status.Status, nil
		}, func() error {
			_, err := c.client.CreateVirtualService(&appmesh.CreateVirtualServiceInput{
				MeshName: mesh, MeshOwner: owner, VirtualServiceName: name, Spec: desired,
			})
			return err
		}, func() error {
			_, err := c.client.UpdateVirtualService(&appmesh.UpdateVirtualServiceInput{
				MeshName: mesh, MeshOwner: owner, VirtualServiceName: name, Spec: desired,
			})
			return err
		}, func() error {
			_, err := c.client.DeleteVirtualService(&appmesh.DeleteVirtualServiceInput{
				MeshName: mesh, MeshOwner: owner, VirtualServiceName: name,
			})
			return err
		}}
	case "virtualGateway":
		desired := parsed[appmesh.VirtualGatewaySpec](spec)
		return operations{desired, func() (any, *appmesh.ResourceMetadata, *string, error) {
			output, err := c.client.DescribeVirtualGateway(&appmesh.DescribeVirtualGatewayInput{
				MeshName: mesh, MeshOwner: owner, VirtualGatewayName: name,
			})
			if err != nil {
				return nil, nil, nil, err
			}
			return output.VirtualGateway.Spec, output.VirtualGateway.Metadata, output.VirtualGateway.Status.Status, nil
		}, func() error {
			_, err := c.client.CreateVirtualGateway(&appmesh.CreateVirtualGatewayInput{
				MeshName: mesh, MeshOwner: owner, VirtualGatewayName: name, Spec: desired,
			})
			return err
		}, func() error {
			_, err := c.client.UpdateVirtualGateway(&appmesh.UpdateVirtualGatewayInput{
				MeshName: mesh, MeshOwner: owner, VirtualGatewayName: name, Spec: desired,
			})
			return err
		}, func() error {
			_, err := c.client.DeleteVirtualGateway(&appmesh.DeleteVirtualGatewayInput{
				MeshName: mesh, MeshOwner: owner, VirtualGatewayName: name,
			})
			return err
		}}
	case "gatewayRoute":
		desired := parsed[appmesh.GatewayRouteSpec](spec)
		return operations{desired, func() (any, *appmesh.ResourceMetadata, *string, error) {
			output, err := c.client.DescribeGatewayRoute(&appmesh.DescribeGatewayRouteInput{
				MeshName: mesh, MeshOwner: owner, VirtualGatewayName: parent, GatewayRouteName: name,
			})
			if err != nil {
				return nil, nil, nil, err
			}
			return output.GatewayRoute.Spec, output.GatewayRoute.Metadata, output.GatewayRoute.Status.Status, nil
		}, func() error {
			_, err := c.client.CreateGatewayRoute(&appmesh.CreateGatewayRouteInput{
				MeshName: mesh, MeshOwner: owner, VirtualGatewayName: parent, GatewayRouteName: name, Spec: desired,
			})
			return err
		}, func() error {
			_, err := c.client.UpdateGatewayRoute(&appmesh.UpdateGatewayRouteInput{
				MeshName: mesh, MeshOwner: owner, VirtualGatewayName: parent, GatewayRouteName: name, Spec: desired,
			})
			return err
		}, func() error {
			_, err := c.client.DeleteGatewayRoute(&appmesh.DeleteGatewayRouteInput{
				MeshName: mesh, MeshOwner: owner, VirtualGatewayName: parent, GatewayRouteName: name,
			})
			return err
		}}
	}
	panic("no entity is of the kind " + object.Kind)
}

// parsed is a spec as a value of the SDK's type; its members have the API's own names.
func parsed[Spec any](text json.RawMessage) *Spec {
	spec := new(Spec)
	if text != nil {
		if err := json.Unmarshal(text, spec); err != nil {
			panic(err)
		}
	}
	return spec
}
