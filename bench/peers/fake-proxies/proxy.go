package main

import (
	"crypto/tls"
	"math/rand/v2"
	"net"
	"slices"
	"time"

	xds "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
)

const (
	cds = iota
	eds
	lds
	rds
	typeCount
)

var typeURLs = [typeCount]string{xds.ClusterType, xds.EndpointType, xds.ListenerType, xds.RouteType}

// Envoy's own back-off between streams: a random part of an interval that doubles.
const (
	firstBackoff = 500 * time.Millisecond
	lastBackoff  = 30 * time.Second
)

// proxy behaves to its server as one Envoy 1.40 does, and keeps of what it is told only names and versions.
// It accepts everything, and never gives up a name that it has subscribed to.
type proxy struct {
	fleet *fleet
	index int
	node  []byte

	nodeID string
	first  bool // of its node

	stream *grpcStream
	types  [typeCount]subscription
	synced bool
	// The first requests of its stream are written, or wait for flow control.
	subscribed bool
	// The nonce and version of a CDS answer whose clusters wait for their first endpoints: Envoy acknowledges it then.
	heldClusters *request
}

// subscription is what a proxy knows of one resource type. It outlives a stream, save for nonce and requested.
type subscription struct {
	requested bool
	nonce     string
	answered  bool
	names     []string          // EDS and RDS: what is subscribed to
	versions  map[string]string // delta: of each resource; SotW: "" for each that has come
	version   string            // SotW: of the last response
}

// run keeps the proxy connected until its fleet is closed.
func (p *proxy) run() {
	backoff := firstBackoff
	for !p.fleet.closed.Load() {
		answered, err := p.serve()
		if p.subscribed {
			p.subscribed = false
			p.fleet.subscribed.Add(-1)
		}
		p.fleet.disconnected(p, err)
		if answered {
			backoff = firstBackoff
		}
		select {
		case <-time.After(rand.N(backoff)):
		case <-p.fleet.closing:
			return
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

func (p *proxy) serve() (answered bool, err error) {
	conn, err := net.Dial("tcp", p.fleet.server)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	if !p.fleet.track(p, conn) {
		return false, net.ErrClosed
	}
	if p.fleet.tls != nil {
		conn = tls.Client(conn, p.fleet.tls)
	}
	path := "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
	if p.fleet.sotw {
		path = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"
	}
	if p.stream, err = openStream(conn, p.fleet.server, path); err != nil {
		return false, err
	}
	if err := p.subscribe(); err != nil {
		return false, err
	}
	for {
		before := p.stream.wireBytes
		message, err := p.stream.next()
		if err != nil {
			return answered, err
		}
		receivedAt := monotonicNanos()
		answered = true
		r, err := readResponse(message, p.fleet.sotw)
		if err != nil {
			return answered, err
		}
		p.fleet.count(len(message), p.stream.wireBytes-before, len(r.resources)+len(r.removed))
		if err := p.handle(r, receivedAt); err != nil {
			return answered, err
		}
	}
}

// subscribe sends the first requests of a stream: clusters alone where the proxy knows nothing yet,
// all that it knows where it comes back.
func (p *proxy) subscribe() error {
	p.heldClusters = nil
	node := p.node
	for i := range p.types {
		t := &p.types[i]
		t.nonce, t.requested = "", false
		if i != cds && !t.answered && len(t.names) == 0 {
			continue
		}
		r := request{node: node, typeURL: typeURLs[i], names: t.names, version: t.version}
		if !p.fleet.sotw {
			r.known = t.versions
		}
		node = nil
		t.requested = true
		if err := p.stream.send(r.encode(p.fleet.sotw)); err != nil {
			return err
		}
	}
	p.subscribed = true
	p.fleet.subscribed.Add(1)
	return nil
}

func (p *proxy) handle(r response, receivedAt int64) error {
	kind := slices.Index(typeURLs[:], r.typeURL)
	if kind < 0 {
		return nil
	}
	t := &p.types[kind]
	if t.versions == nil {
		t.versions = make(map[string]string, len(r.resources))
	}
	var refers []string
	for _, entry := range r.resources {
		c, err := contentOf(r.typeURL, entry.body)
		if err != nil {
			return err
		}
		t.versions[c.name] = entry.version
		if len(c.refers) > 0 {
			refers = append(refers, c.refers...)
		}
		p.fleet.saw(p, r.typeURL, c, entry, receivedAt)
	}
	for _, name := range r.removed {
		delete(t.versions, name)
	}
	t.nonce, t.version, t.answered = r.nonce, r.version, true

	ack := request{typeURL: r.typeURL, nonce: r.nonce, version: r.version}
	if p.fleet.sotw {
		ack.names = t.names
	}
	switch kind {
	case cds:
		if err := p.refer(eds, refers); err != nil {
			return err
		}
		if p.missing(eds) {
			p.heldClusters = &ack
			return nil
		}
		return p.acknowledgeClusters(ack)
	case eds:
		if p.heldClusters != nil && !p.missing(eds) {
			held := *p.heldClusters
			p.heldClusters = nil
			if err := p.acknowledgeClusters(held); err != nil {
				return err
			}
		}
	case lds:
		if err := p.refer(rds, refers); err != nil {
			return err
		}
	}
	return p.acknowledge(ack)
}

// acknowledgeClusters says that the clusters are warm, which is when Envoy goes on to listeners.
func (p *proxy) acknowledgeClusters(ack request) error {
	if err := p.acknowledge(ack); err != nil {
		return err
	}
	if p.types[lds].requested {
		return nil
	}
	p.types[lds].requested = true
	return p.stream.send(request{typeURL: typeURLs[lds]}.encode(p.fleet.sotw))
}

func (p *proxy) acknowledge(ack request) error {
	if err := p.stream.send(ack.encode(p.fleet.sotw)); err != nil {
		return err
	}
	p.fleet.acknowledged(p, ack.typeURL)
	if !p.synced && p.types[cds].answered && p.types[lds].answered && !p.missing(eds) && !p.missing(rds) {
		p.synced = true
		p.fleet.synced.Add(1)
	}
	return nil
}

// refer subscribes to names that clusters or listeners speak of and that are not subscribed to yet.
func (p *proxy) refer(kind int, names []string) error {
	t := &p.types[kind]
	var fresh []string
	for _, name := range names {
		if !slices.Contains(t.names, name) && !slices.Contains(fresh, name) {
			fresh = append(fresh, name)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	t.names = append(t.names, fresh...)
	t.requested = true
	r := request{typeURL: typeURLs[kind], names: fresh, version: t.version, nonce: t.nonce}
	if p.fleet.sotw {
		r.names = t.names
	} else {
		r.nonce = ""
	}
	return p.stream.send(r.encode(p.fleet.sotw))
}

func (p *proxy) missing(kind int) bool {
	t := &p.types[kind]
	for _, name := range t.names {
		if _, ok := t.versions[name]; !ok {
			return true
		}
	}
	return false
}
