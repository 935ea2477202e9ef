package main

import (
	"fmt"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Envoy 1.40 names each of its 516 extensions in the Node of a stream's first request, about 60 KB of it:
// what a server does with these bytes is a good part of what a connection costs it.
const extensions = 516

var commonNode = func() []byte {
	node := &core.Node{
		UserAgentName: "envoy",
		UserAgentVersionType: &core.Node_UserAgentBuildVersion{UserAgentBuildVersion: &core.BuildVersion{
			Version: &typev3.SemanticVersion{MajorNumber: 1, MinorNumber: 40},
		}},
	}
	for i := range extensions {
		node.Extensions = append(node.Extensions, &core.Extension{
			Name:     fmt.Sprintf("envoy.filters.http.extension_%03d", i),
			Category: "envoy.filters.http",
			TypeUrls: []string{fmt.Sprintf("envoy.extensions.filters.http.extension_%03d.v3.Extension%03d", i, i)},
		})
	}
	bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(node)
	if err != nil {
		panic(err)
	}
	return bytes
}()

// nodeBytes is an encoded envoy.config.core.v3.Node, its id and cluster first, as Envoy writes it.
func nodeBytes(id string) []byte {
	const idField, clusterField = 1, 2
	var out []byte
	out = protowire.AppendString(protowire.AppendTag(out, idField, protowire.BytesType), id)
	out = protowire.AppendString(protowire.AppendTag(out, clusterField, protowire.BytesType), id)
	return append(out, commonNode...)
}
