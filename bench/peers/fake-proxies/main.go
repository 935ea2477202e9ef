// Command fake-proxies is a fleet of proxies without traffic: each has a TCP connection and an ADS stream of its
// own, asks in Envoy's order, accepts everything, and notes when. It reads commands, one JSON object a line, from
// standard input, and answers each on standard output with the same id. It ends when standard input does.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"time"
)

type command struct {
	ID int    `json:"id"`
	Do string `json:"do"`

	// connect
	Server   string   `json:"server"`
	Protocol string   `json:"protocol"` // delta or sotw
	Nodes    []string `json:"nodes"`    // node ids, given out in turn
	Count    int      `json:"count"`
	Parallel int      `json:"parallel"` // how many may be on the way at once; 0: all
	TLS      *proof   `json:"tls"`      // how proxies know the server, and prove who they are; none: plain text

	// arm
	TypeURL  string `json:"typeUrl"`
	Name     string `json:"name"`
	Contains string `json:"contains"` // text that the new body holds

	// dump
	File string `json:"file"`

	TimeoutMs int `json:"timeoutMs"`
}

// dumped is one resource as the first proxy of a node holds it, as -resources of the peer servers reads it.
type dumped struct {
	Node    string `json:"node"`
	TypeURL string `json:"typeUrl"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Body    []byte `json:"body"`
}

type session struct {
	fleet *fleet
	round *round
}

func main() {
	var s session
	out := json.NewEncoder(os.Stdout)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var c command
		answer, err := map[string]any(nil), json.Unmarshal(in.Bytes(), &c)
		if err == nil {
			answer, err = s.do(c)
		}
		if err != nil {
			answer = map[string]any{"error": err.Error()}
		}
		answer["id"] = c.ID
		if err := out.Encode(answer); err != nil {
			os.Exit(1)
		}
	}
}

func (s *session) do(c command) (map[string]any, error) {
	timeout := time.Duration(c.TimeoutMs) * time.Millisecond
	if c.Do != "connect" && s.fleet == nil {
		return nil, errors.New("connect first")
	}
	switch c.Do {
	case "connect":
		s.close()
		parallel := c.Parallel
		if parallel == 0 {
			parallel = c.Count
		}
		config, err := c.TLS.config()
		if err != nil {
			return nil, err
		}
		s.fleet = newFleet(c.Server, c.Protocol == "sotw", c.Nodes, c.Count)
		s.fleet.tls = config
		start := monotonicNanos()
		if err := s.fleet.connect(parallel, timeout); err != nil {
			return nil, err
		}
		return s.counts(map[string]any{"ms": float64(monotonicNanos()-start) / 1e6}), nil
	case "arm":
		var err error
		s.round, err = s.fleet.arm(c.TypeURL, c.Name, c.Contains)
		return map[string]any{}, err
	case "await":
		if s.round == nil {
			return nil, errors.New("arm first")
		}
		if err := s.fleet.wait(s.round, timeout); err != nil {
			return nil, err
		}
		received, acknowledged := slices.Clone(s.round.receivedAt), slices.Clone(s.round.acknowledgedAt)
		slices.Sort(received)
		slices.Sort(acknowledged)
		return s.counts(map[string]any{
			"receivedAt": received, "acknowledgedAt": acknowledged, "distinctBodies": len(s.round.bodies),
		}), nil
	case "reset": // from here on, everything is counted anew
		s.fleet.resetCounts()
		s.fleet.disconnects.Store(0)
		return map[string]any{}, nil
	case "subscribed": // all of them; to be asked when streams have ended
		err := s.fleet.await(&s.fleet.subscribed, "have subscribed", timeout)
		return s.counts(map[string]any{"at": monotonicNanos()}), err
	case "counts":
		return s.counts(map[string]any{}), nil
	case "dump":
		return map[string]any{}, s.dump(c.File)
	case "close":
		s.close()
		return map[string]any{}, nil
	}
	return nil, errors.New("unknown command " + c.Do)
}

func (s *session) counts(answer map[string]any) map[string]any {
	f := s.fleet
	answer["messages"] = f.messages.Load()
	answer["messageBytes"] = f.messageBytes.Load()
	answer["wireBytes"] = f.wireBytes.Load()
	answer["resources"] = f.resources.Load()
	answer["disconnects"] = f.disconnects.Load()
	return answer
}

func (s *session) dump(file string) error {
	s.fleet.mu.Lock()
	defer s.fleet.mu.Unlock()
	out := []dumped{}
	for key, value := range s.fleet.latest {
		out = append(out, dumped{key.node, key.typeURL, key.name, value.version, value.body})
	}
	slices.SortFunc(out, func(a, b dumped) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.TypeURL, b.TypeURL), cmp.Compare(a.Name, b.Name))
	})
	text, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

func (s *session) close() {
	if s.fleet != nil {
		s.fleet.close()
		s.fleet = nil
	}
}
