package main

import (
	"bytes"
	"hash/maphash"
	"sync"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	xds "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// content is what a proxy must know of one resource's bytes. A thousand proxies are told the same, so each
// distinct body is decoded once for all of them.
type content struct {
	name   string
	refers []string // the EDS names of a cluster, the RDS names of a listener
	hash   uint64
	body   []byte
}

var (
	seed     = maphash.MakeSeed()
	contents sync.Map // uint64 -> *content
	interned sync.Map // string -> string
)

func contentOf(typeURL string, body []byte) (*content, error) {
	hash := maphash.Bytes(seed, body)
	if found, ok := contents.Load(hash); ok {
		return found.(*content), nil
	}
	out := &content{hash: hash, body: bytes.Clone(body)}
	// The name is the first field of each of the four types.
	err := eachField(body, func(field protowire.Number, value []byte) error {
		if field == 1 && out.name == "" {
			out.name = intern(value)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if out.refers, err = references(typeURL, body); err != nil {
		return nil, err
	}
	found, _ := contents.LoadOrStore(hash, out)
	return found.(*content), nil
}

func references(typeURL string, body []byte) ([]string, error) {
	var message types.Resource
	var kind xds.Type
	switch typeURL {
	case xds.ClusterType:
		message, kind = &cluster.Cluster{}, xds.EndpointType
	case xds.ListenerType:
		message, kind = &listener.Listener{}, xds.RouteType
	default:
		return nil, nil
	}
	if err := proto.Unmarshal(body, message); err != nil {
		return nil, err
	}
	var out []string
	for name := range cache.GetResourceReferences(map[string]types.ResourceWithTTL{"": {Resource: message}})[kind] {
		out = append(out, name)
	}
	return out, nil
}

// intern keeps one copy of a text that every proxy holds.
func intern(value []byte) string {
	if found, ok := interned.Load(string(value)); ok {
		return found.(string)
	}
	found, _ := interned.LoadOrStore(string(value), string(value))
	return found.(string)
}
