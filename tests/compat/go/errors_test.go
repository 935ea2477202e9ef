package client

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/appmesh"
	"github.com/aws/aws-sdk-go-v2/service/appmesh/types"
	"github.com/aws/smithy-go"
)

// App Mesh's errors are values of the SDK's own types.
func TestErrors(t *testing.T) {
	client, _ := connect()
	mesh := aws.String("go-errors")
	ok(client.CreateMesh(ctx, &appmesh.CreateMeshInput{MeshName: mesh, ClientToken: aws.String("one")}))
	ok(client.CreateVirtualNode(ctx, &appmesh.CreateVirtualNodeInput{
		MeshName: mesh, VirtualNodeName: aws.String("v"), Spec: &types.VirtualNodeSpec{},
	}))
	var tags []types.TagRef
	for number := range 50 {
		tags = append(tags, types.TagRef{Key: aws.String(fmt.Sprint(number)), Value: aws.String("")})
	}
	tag := &appmesh.TagResourceInput{ResourceArn: aws.String(arn + "go-errors"), Tags: tags}
	ok(client.TagResource(ctx, tag))
	tag.Tags = []types.TagRef{{Key: aws.String("another"), Value: aws.String("")}}

	_, err := client.DescribeMesh(ctx, &appmesh.DescribeMeshInput{MeshName: aws.String("gone")})
	fails[*types.NotFoundException](t, err, http.StatusNotFound)
	_, err = client.ListMeshes(ctx, &appmesh.ListMeshesInput{Limit: aws.Int32(101)})
	fails[*types.BadRequestException](t, err, http.StatusBadRequest)
	_, err = client.CreateMesh(ctx, &appmesh.CreateMeshInput{MeshName: mesh, ClientToken: aws.String("two")})
	fails[*types.ConflictException](t, err, http.StatusConflict)
	_, err = client.DeleteMesh(ctx, &appmesh.DeleteMeshInput{MeshName: mesh})
	fails[*types.ResourceInUseException](t, err, http.StatusConflict)
	_, err = client.TagResource(ctx, tag)
	fails[*types.TooManyTagsException](t, err, http.StatusBadRequest)
}

func fails[Type interface {
	smithy.APIError
	comparable
}](t *testing.T, err error, status int) {
	t.Helper()
	var typed Type
	if !errors.As(err, &typed) {
		t.Fatalf("%v is no %T", err, typed)
	}
	if typed.ErrorMessage() == "" {
		t.Fatalf("%T without a message", typed)
	}
	var response *awshttp.ResponseError
	if !errors.As(err, &response) || response.HTTPStatusCode() != status || len(response.RequestID) != 36 {
		t.Fatalf("%v: status %d is expected, and a request id", err, status)
	}
}
