// Package client calls a control plane by the AWS SDK for Go v2, as App Mesh's users do. It is compiled to a program
// of its own (go test -c), which tests/compat/go.test.ts runs against `appmesh serve`; the endpoint, the region and
// the access key come from the environment.
package client

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/appmesh"
	"github.com/aws/aws-sdk-go-v2/service/appmesh/types"
	"github.com/aws/smithy-go/middleware"
)

const (
	account = "000000000000"
	arn     = "arn:aws:appmesh:us-east-1:" + account + ":mesh/"
)

var ctx = context.Background()

// connect makes a client as a program with nothing but its environment does. It notes which operations are called.
func connect() (client *appmesh.Client, called map[string]bool) {
	loaded, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		panic(err)
	}
	called = map[string]bool{}
	note := middleware.InitializeMiddlewareFunc("note", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		called[middleware.GetOperationName(ctx)] = true
		return next.HandleInitialize(ctx, in)
	})
	client = appmesh.NewFromConfig(loaded, func(options *appmesh.Options) {
		options.RetryMaxAttempts = 1
		options.APIOptions = append(options.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(note, middleware.After)
		})
	})
	return client, called
}

// ok gives the output of a call that has to succeed.
func ok[Output any](output *Output, err error) *Output {
	if err != nil {
		panic(err)
	}
	return output
}

// same compares whole values of the SDK's types.
func same(t *testing.T, given, want any) {
	t.Helper()
	if reflect.DeepEqual(given, want) {
		return
	}
	left, _ := json.Marshal(given)
	right, _ := json.Marshal(want)
	t.Fatalf("\n given: %s\n  want: %s", left, right)
}

// metadata is what the metadata of an entity has to be. Its uid and its times are looked at, and taken as given.
func metadata(t *testing.T, given *types.ResourceMetadata, path string, version int64) *types.ResourceMetadata {
	t.Helper()
	if len(aws.ToString(given.Uid)) != 36 {
		t.Fatalf("uid %q", aws.ToString(given.Uid))
	}
	if given.CreatedAt.Before(time.Now().Add(-time.Hour)) || given.LastUpdatedAt.Before(*given.CreatedAt) {
		t.Fatalf("created at %v, last updated at %v", given.CreatedAt, given.LastUpdatedAt)
	}
	return &types.ResourceMetadata{
		Arn: aws.String(arn + path), CreatedAt: given.CreatedAt, LastUpdatedAt: given.LastUpdatedAt,
		MeshOwner: aws.String(account), ResourceOwner: aws.String(account), Uid: given.Uid,
		Version: aws.Int64(version),
	}
}

// ended is the metadata of an entity that has been deleted: as it was last, but for the time.
func ended(last, given *types.ResourceMetadata) *types.ResourceMetadata {
	want := *last
	want.LastUpdatedAt = given.LastUpdatedAt
	return &want
}

func duration(value int64, unit types.DurationUnit) *types.Duration {
	return &types.Duration{Unit: unit, Value: aws.Int64(value)}
}

func mapping(port int32, protocol types.PortProtocol) *types.PortMapping {
	return &types.PortMapping{Port: aws.Int32(port), Protocol: protocol}
}

func targets(virtualNode string) []types.WeightedTarget {
	return []types.WeightedTarget{{VirtualNode: aws.String(virtualNode), Weight: 100}}
}
