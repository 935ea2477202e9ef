package main

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	xds "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/anypb"
)

const clusters = 300 // enough for an answer of several HTTP/2 frames

// serve is a go-control-plane server on a free port; stop kills it with all its connections.
func serve(t *testing.T, address string, snapshots cache.SnapshotCache) (string, func()) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	discovery.RegisterAggregatedDiscoveryServiceServer(s, server.NewServer(context.Background(), snapshots, nil))
	go s.Serve(l) //nolint:errcheck // ends with Stop
	t.Cleanup(s.Stop)
	return l.Addr().String(), s.Stop
}

func snapshot(t *testing.T, version, hostname string) *cache.Snapshot {
	t.Helper()
	resources := map[xds.Type][]types.Resource{}
	for i := range clusters {
		name := fmt.Sprintf("cds_egress_shop_node-%d_http_8080", i)
		resources[xds.ClusterType] = append(resources[xds.ClusterType], &cluster.Cluster{
			Name:                 name,
			ClusterDiscoveryType: &cluster.Cluster_Type{Type: cluster.Cluster_EDS},
			EdsClusterConfig:     &cluster.Cluster_EdsClusterConfig{ServiceName: name},
		})
		resources[xds.EndpointType] = append(resources[xds.EndpointType], &endpoint.ClusterLoadAssignment{ClusterName: name})
	}
	manager, err := anypb.New(&hcm.HttpConnectionManager{RouteSpecifier: &hcm.HttpConnectionManager_Rds{
		Rds: &hcm.Rds{RouteConfigName: "rds_egress_http_8080", ConfigSource: &core.ConfigSource{
			ConfigSourceSpecifier: &core.ConfigSource_Ads{Ads: &core.AggregatedConfigSource{}},
		}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	resources[xds.ListenerType] = []types.Resource{&listener.Listener{
		Name: "lds_egress_0.0.0.0_15001",
		FilterChains: []*listener.FilterChain{{Filters: []*listener.Filter{{
			Name:       "envoy.filters.network.http_connection_manager",
			ConfigType: &listener.Filter_TypedConfig{TypedConfig: manager},
		}}}},
	}}
	resources[xds.RouteType] = []types.Resource{&route.RouteConfiguration{
		Name:         "rds_egress_http_8080",
		VirtualHosts: []*route.VirtualHost{{Name: hostname, Domains: []string{hostname}}},
	}}
	out, err := cache.NewSnapshot(version, resources)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func set(t *testing.T, snapshots cache.SnapshotCache, s *cache.Snapshot) {
	t.Helper()
	if err := snapshots.SetSnapshot(context.Background(), "mesh/shop/virtualNode/storefront", s); err != nil {
		t.Fatal(err)
	}
}

func TestFleetFollowsAServerAsEnvoyDoes(t *testing.T) {
	for _, protocol := range []string{"delta", "sotw"} {
		t.Run(protocol, func(t *testing.T) {
			snapshots := cache.NewSnapshotCache(true, cache.IDHash{}, nil)
			set(t, snapshots, snapshot(t, "1", "one.shop.local"))
			address, stop := serve(t, "127.0.0.1:0", snapshots)
			f := newFleet(address, protocol == "sotw", []string{"mesh/shop/virtualNode/storefront"}, 5)
			t.Cleanup(f.close)
			if err := f.connect(2, 20*time.Second); err != nil {
				t.Fatal(err)
			}
			if n := f.resources.Load(); n != 5*(2*clusters+2) {
				t.Fatalf("%d resources came first, want %d", n, 5*(2*clusters+2))
			}

			change := func(address, version, hostname string) {
				t.Helper()
				r, err := f.arm(xds.RouteType, "rds_egress_http_8080", hostname)
				if err != nil {
					t.Fatal(err)
				}
				before := monotonicNanos()
				set(t, snapshots, snapshot(t, version, hostname))
				if err := f.wait(r, 20*time.Second); err != nil {
					t.Fatal(err)
				}
				for i, at := range r.acknowledgedAt {
					if r.receivedAt[i] < before || at < r.receivedAt[i] {
						t.Fatalf("proxy %d: changed at %d, received at %d, acknowledged at %d", i, before, r.receivedAt[i], at)
					}
				}
				if len(r.bodies) != 1 {
					t.Fatalf("%d bodies of one resource, want 1", len(r.bodies))
				}
			}
			change(address, "2", "two.shop.local")
			if n := f.resources.Load(); protocol == "delta" && n != 5 {
				t.Fatalf("%d resources came for a change of one to five proxies, want 5", n)
			}

			stop()
			for f.subscribed.Load() > 0 {
				time.Sleep(time.Millisecond)
			}
			f.resetCounts()
			serve(t, address, snapshots)
			if err := f.await(&f.subscribed, "have subscribed again", 20*time.Second); err != nil {
				t.Fatal(err)
			}
			if n := f.resources.Load(); protocol == "delta" && n != 0 {
				t.Fatalf("%d resources came again to proxies that named their versions, want 0", n)
			}
			change(address, "3", "three.shop.local")
		})
	}
}

func TestNodeIsAsLargeAsEnvoys(t *testing.T) {
	if n := len(nodeBytes("mesh/shop/virtualNode/storefront")); n < 60_000 || n > 62_000 {
		t.Fatalf("the Node has %d bytes, Envoy 1.40's first request has 61,141", n)
	}
}
