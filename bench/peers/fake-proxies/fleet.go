package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// fleet is a number of proxies of one server, and what is measured of them.
type fleet struct {
	server  string
	sotw    bool
	tls     *tls.Config // nil: plain text
	closed  atomic.Bool
	closing chan struct{}
	proxies []*proxy

	synced     atomic.Int64 // have once had everything
	subscribed atomic.Int64 // have a stream, and have subscribed on it

	messages, messageBytes, wireBytes, resources, disconnects atomic.Int64

	round atomic.Pointer[round]

	mu        sync.Mutex
	conns     map[*proxy]net.Conn
	latest    map[heldKey]held // of the first proxy of each node
	lastError error
}

type heldKey struct{ node, typeURL, name string }

type held struct {
	version string
	hash    uint64
	body    []byte
}

// round is one awaited change: it is over when every proxy has acknowledged a response that carries a body of
// the resource other than the one before.
type round struct {
	typeURL, name  string
	previous       map[string]uint64 // by node: the hash of the body before
	contains       []byte
	saw            []uint64 // by proxy: the hash of the new body that it has not acknowledged yet
	receivedAt     []int64
	acknowledgedAt []int64
	left           atomic.Int64
	done           chan struct{}

	mu     sync.Mutex
	bodies map[uint64]bool
}

func newFleet(server string, sotw bool, nodeIDs []string, count int) *fleet {
	f := &fleet{
		server: server, sotw: sotw, closing: make(chan struct{}),
		conns: map[*proxy]net.Conn{}, latest: map[heldKey]held{},
	}
	nodes := map[string][]byte{}
	for i := range count {
		id := nodeIDs[i%len(nodeIDs)]
		if nodes[id] == nil {
			nodes[id] = nodeBytes(id)
		}
		f.proxies = append(f.proxies, &proxy{fleet: f, index: i, nodeID: id, first: i < len(nodeIDs), node: nodes[id]})
	}
	return f
}

// connect starts the proxies, at most `parallel` of them on the way at once, and waits until each has everything.
func (f *fleet) connect(parallel int, timeout time.Duration) error {
	deadline := time.Now().Add(timeout)
	for started := 0; ; {
		synced := int(f.synced.Load())
		for started < len(f.proxies) && started-synced < parallel {
			go f.proxies[started].run()
			started++
		}
		if synced == len(f.proxies) {
			return nil
		}
		if time.Now().After(deadline) {
			return f.lateError(synced, "have everything", timeout)
		}
		time.Sleep(500 * time.Microsecond)
	}
}

// await waits for a count that proxies raise to reach all of them.
func (f *fleet) await(count *atomic.Int64, what string, timeout time.Duration) error {
	deadline := time.Now().Add(timeout)
	for int(count.Load()) < len(f.proxies) {
		if time.Now().After(deadline) {
			return f.lateError(int(count.Load()), what, timeout)
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}

func (f *fleet) lateError(count int, what string, timeout time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := fmt.Errorf("%d of %d proxies %s after %v", count, len(f.proxies), what, timeout)
	if f.lastError != nil {
		err = fmt.Errorf("%w; the last error of a stream: %w", err, f.lastError)
	}
	return err
}

// arm says which change is coming. It must be called before the change is made.
func (f *fleet) arm(typeURL, name, contains string) (*round, error) {
	previous := map[string]uint64{}
	f.mu.Lock()
	for key, value := range f.latest {
		if key.typeURL == typeURL && key.name == name {
			previous[key.node] = value.hash
		}
	}
	f.mu.Unlock()
	for _, p := range f.proxies {
		if _, ok := previous[p.nodeID]; !ok {
			return nil, fmt.Errorf("the proxies of %s hold no resource %q of type %s", p.nodeID, name, typeURL)
		}
	}
	r := &round{
		typeURL: typeURL, name: name, previous: previous, contains: []byte(contains),
		saw: make([]uint64, len(f.proxies)), receivedAt: make([]int64, len(f.proxies)), acknowledgedAt: make([]int64, len(f.proxies)),
		done: make(chan struct{}), bodies: map[uint64]bool{},
	}
	r.left.Store(int64(len(f.proxies)))
	f.resetCounts()
	f.round.Store(r)
	return r, nil
}

func (f *fleet) wait(r *round, timeout time.Duration) error {
	select {
	case <-r.done:
		return nil
	case <-time.After(timeout):
		n := len(f.proxies) - int(r.left.Load())
		return f.lateError(n, "have acknowledged the change of "+r.name, timeout)
	}
}

// saw is told of each resource that reaches a proxy.
func (f *fleet) saw(p *proxy, typeURL string, c *content, entry resource, receivedAt int64) {
	if p.first {
		f.mu.Lock()
		f.latest[heldKey{p.nodeID, typeURL, c.name}] = held{entry.version, c.hash, c.body}
		f.mu.Unlock()
	}
	r := f.round.Load()
	if r == nil || c.name != r.name || typeURL != r.typeURL || c.hash == r.previous[p.nodeID] || r.acknowledgedAt[p.index] != 0 {
		return
	}
	r.mu.Lock()
	good, known := r.bodies[c.hash]
	if !known {
		good = bytes.Contains(entry.body, r.contains)
		r.bodies[c.hash] = good
	}
	r.mu.Unlock()
	if good {
		r.saw[p.index] = c.hash
		r.receivedAt[p.index] = receivedAt
	}
}

// acknowledged is told when a proxy has written an acknowledgement of a type.
func (f *fleet) acknowledged(p *proxy, typeURL string) {
	r := f.round.Load()
	if r == nil || r.saw[p.index] == 0 || r.acknowledgedAt[p.index] != 0 || typeURL != r.typeURL {
		return
	}
	r.acknowledgedAt[p.index] = monotonicNanos()
	if r.left.Add(-1) == 0 {
		close(r.done)
	}
}

func (f *fleet) count(message int, wire int64, resources int) {
	f.messages.Add(1)
	f.messageBytes.Add(int64(message))
	f.wireBytes.Add(wire)
	f.resources.Add(int64(resources))
}

func (f *fleet) resetCounts() {
	for _, count := range []*atomic.Int64{&f.messages, &f.messageBytes, &f.wireBytes, &f.resources} {
		count.Store(0)
	}
}

// track keeps the connection so that it can be closed; false where the fleet is closed already.
func (f *fleet) track(p *proxy, conn net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed.Load() {
		return false
	}
	f.conns[p] = conn
	return true
}

func (f *fleet) disconnected(p *proxy, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed.Load() {
		return
	}
	delete(f.conns, p)
	f.disconnects.Add(1)
	if err != nil && !errors.Is(err, net.ErrClosed) {
		f.lastError = err
	}
}

func (f *fleet) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed.Swap(true) {
		return
	}
	close(f.closing)
	for _, conn := range f.conns {
		conn.Close()
	}
}

// monotonicNanos is CLOCK_MONOTONIC, which other processes of this machine can read too.
func monotonicNanos() int64 {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		panic(err)
	}
	return now.Nano()
}
