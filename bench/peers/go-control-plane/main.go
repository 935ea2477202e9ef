// Command go-control-plane is the standing anchor of the benchmark: a small server on go-control-plane's
// SnapshotCache, at its best: all proxies of a node share one snapshot, and equal resources are one object. It serves
// the resources of a file, changes one of them when asked over HTTP, and pushes the change.
//
//	PUT /resources?type=TYPE_URL&name=NAME  {"cluster": NAME, "weights": [90, 10]} or {"address": "v2.shop.internal"}
//	POST /gc                                collects garbage and gives the memory back
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"maps"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	xds "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/protobuf/proto"
)

type anchor struct {
	cache cache.SnapshotCache

	mu        sync.Mutex
	serial    int
	snapshots map[string]*cache.Snapshot // by node
}

func main() {
	file := flag.String("resources", "", "what to serve: a JSON list of {node, typeUrl, name, body}, as fake-proxies dumps it")
	apiAddress := flag.String("api", "127.0.0.1:0", "where to listen for changes")
	xdsAddress := flag.String("xds", "127.0.0.1:0", "where to listen for proxies")
	flag.Parse()
	log.SetFlags(0)
	snapshots, err := load(*file)
	if err != nil {
		log.Fatalf("-resources %s: %v", *file, err)
	}
	ctx := context.Background()
	a := &anchor{cache: cache.NewSnapshotCache(true, cache.IDHash{}, nil), snapshots: snapshots}
	for node, snapshot := range snapshots {
		a.set(node, snapshot)
	}

	grpcServer := grpc.NewServer(
		grpc.MaxConcurrentStreams(1_000_000),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
	)
	discovery.RegisterAggregatedDiscoveryServiceServer(grpcServer, server.NewServer(ctx, a.cache, nil))
	xdsListener, err := net.Listen("tcp", *xdsAddress)
	if err != nil {
		log.Fatal(err)
	}
	apiListener, err := net.Listen("tcp", *apiAddress)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /resources", a.change)
	mux.HandleFunc("POST /gc", func(http.ResponseWriter, *http.Request) { debug.FreeOSMemory() })
	go func() { log.Fatal(http.Serve(apiListener, mux)) }()

	fmt.Printf(`{"api": %q, "xds": %q}`+"\n", apiListener.Addr(), xdsListener.Addr())
	log.Fatal(grpcServer.Serve(xdsListener))
}

func load(file string) (map[string]*cache.Snapshot, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var entries []struct {
		Node, TypeURL string
		Body          []byte
	}
	if err := json.Unmarshal(text, &entries); err != nil {
		return nil, err
	}
	messages := map[string]types.Resource{}
	resources := map[string]map[xds.Type][]types.Resource{}
	for _, entry := range entries {
		key := entry.TypeURL + string(entry.Body)
		message, ok := messages[key]
		if !ok {
			if message, err = decode(entry.TypeURL, entry.Body); err != nil {
				return nil, err
			}
			messages[key] = message
		}
		if resources[entry.Node] == nil {
			resources[entry.Node] = map[xds.Type][]types.Resource{}
		}
		ofNode := resources[entry.Node]
		ofNode[entry.TypeURL] = append(ofNode[entry.TypeURL], message)
	}
	snapshots := map[string]*cache.Snapshot{}
	for node, ofNode := range resources {
		if snapshots[node], err = cache.NewSnapshot("0", ofNode); err != nil {
			return nil, err
		}
	}
	return snapshots, nil
}

func decode(typeURL string, body []byte) (types.Resource, error) {
	var message types.Resource
	switch typeURL {
	case xds.ClusterType:
		message = &cluster.Cluster{}
	case xds.EndpointType:
		message = &endpoint.ClusterLoadAssignment{}
	case xds.ListenerType:
		message = &listener.Listener{}
	case xds.RouteType:
		message = &route.RouteConfiguration{}
	default:
		return nil, fmt.Errorf("unknown type %q", typeURL)
	}
	return message, proto.Unmarshal(body, message)
}

func (a *anchor) change(w http.ResponseWriter, r *http.Request) {
	var change struct {
		Cluster string   // changes only the weights of routes that name this cluster
		Weights []uint32 // by weighted cluster, in their order
		Address string   // of the one endpoint
	}
	if err := json.NewDecoder(r.Body).Decode(&change); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	typeURL, name := r.FormValue("type"), r.FormValue("name")
	a.serial++
	// By what was held before: what is equal for several nodes stays so.
	changed := map[types.Resource]types.Resource{}
	next := map[string]*cache.Snapshot{}
	for node, snapshot := range a.snapshots {
		held, ok := snapshot.GetResourcesAndTTL(typeURL)[name]
		if !ok {
			continue
		}
		message, ok := changed[held.Resource]
		if !ok {
			message = proto.Clone(held.Resource)
			count := 0
			switch message := message.(type) {
			case *route.RouteConfiguration:
				count = setWeights(message, change.Cluster, change.Weights)
			case *cluster.Cluster:
				count = setAddress(message, change.Address)
			}
			if count == 0 {
				http.Error(w, "nothing to change in it", http.StatusBadRequest)
				return
			}
			changed[held.Resource] = message
		}
		next[node] = with(snapshot, typeURL, name, message, fmt.Sprint(a.serial))
	}
	if len(next) == 0 {
		http.Error(w, "no such resource", http.StatusNotFound)
		return
	}
	for node, snapshot := range next {
		a.snapshots[node] = snapshot
	}

	// What the answer waits for is a server's own choice. This one answers when it holds the change, and then pushes,
	// so that the time from the answer on is the time of the whole push.
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	if err := http.NewResponseController(w).Flush(); err != nil {
		log.Print(err)
	}
	for node, snapshot := range next {
		a.set(node, snapshot)
	}
}

func (a *anchor) set(node string, snapshot *cache.Snapshot) {
	if err := a.cache.SetSnapshot(context.Background(), node, snapshot); err != nil {
		log.Print(err)
	}
}

// with is a snapshot with a new version for the changed type alone: state-of-the-world proxies are sent no other.
func with(snapshot *cache.Snapshot, typeURL, name string, message types.Resource, version string) *cache.Snapshot {
	next := &cache.Snapshot{Resources: snapshot.Resources}
	kind := cache.GetResponseType(typeURL)
	items := maps.Clone(next.Resources[kind].Items)
	items[name] = types.ResourceWithTTL{Resource: message}
	next.Resources[kind] = cache.Resources{Version: version, Items: items}
	return next
}

func setWeights(config *route.RouteConfiguration, clusterName string, weights []uint32) int {
	count := 0
	for _, host := range config.GetVirtualHosts() {
		for _, r := range host.GetRoutes() {
			clusters := r.GetRoute().GetWeightedClusters().GetClusters()
			if len(clusters) != len(weights) || clusters[0].GetName() != clusterName {
				continue
			}
			for i, weight := range weights {
				clusters[i].Weight.Value = weight
			}
			count++
		}
	}
	return count
}

func setAddress(c *cluster.Cluster, address string) int {
	count := 0
	for _, locality := range c.GetLoadAssignment().GetEndpoints() {
		for _, host := range locality.GetLbEndpoints() {
			if socket := host.GetEndpoint().GetAddress().GetSocketAddress(); socket != nil {
				socket.Address = strings.Clone(address)
				count++
			}
		}
	}
	return count
}
