package client

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/appmesh"
)

// docs/clients.md quotes these.

func Example_environment() {
	ctx := context.Background()
	loaded, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		panic(err)
	}
	client := appmesh.NewFromConfig(loaded)
	created, err := client.CreateMesh(ctx, &appmesh.CreateMeshInput{MeshName: aws.String("go-shop")})
	if err != nil {
		panic(err)
	}
	fmt.Println(*created.Mesh.Metadata.Arn)
	// Output: arn:aws:appmesh:us-east-1:000000000000:mesh/go-shop
}

func Example_program() {
	ctx := context.Background()
	loaded, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		panic(err)
	}
	client := appmesh.NewFromConfig(loaded, func(options *appmesh.Options) {
		options.BaseEndpoint = aws.String(os.Getenv("APPMESH_ENDPOINT")) // http://127.0.0.1:7070
	})
	created, err := client.CreateMesh(ctx, &appmesh.CreateMeshInput{MeshName: aws.String("go-shop")})
	if err != nil {
		panic(err)
	}
	fmt.Println(*created.Mesh.Metadata.Arn)
	// Output: arn:aws:appmesh:us-east-1:000000000000:mesh/go-shop
}
