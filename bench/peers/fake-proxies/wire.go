package main

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// The discovery messages, read and written by hand: a decoded copy of everything would cost a thousand
// proxies more than the server takes to send it.

// resource is one entry of a response. Its body is the encoded Envoy message, and points into the response.
type resource struct {
	name    string // given by incremental xDS only
	version string // given by incremental xDS only
	body    []byte
}

type response struct {
	typeURL   string
	version   string // SotW: of the whole response
	nonce     string
	resources []resource
	removed   []string
}

// readResponse reads a DeltaDiscoveryResponse, or a DiscoveryResponse where sotw.
func readResponse(message []byte, sotw bool) (response, error) {
	var out response
	err := eachField(message, func(field protowire.Number, value []byte) error {
		switch {
		case field == 1 && sotw:
			out.version = string(value)
		case field == 2:
			r, err := readEntry(value, sotw)
			if err != nil {
				return err
			}
			out.resources = append(out.resources, r)
		case field == 4:
			out.typeURL = string(value)
		case field == 5:
			out.nonce = string(value)
		case field == 6 && !sotw:
			out.removed = append(out.removed, string(value))
		}
		return nil
	})
	return out, err
}

func readEntry(entry []byte, sotw bool) (resource, error) {
	var out resource
	if sotw {
		body, err := anyValue(entry)
		out.body = body
		return out, err
	}
	err := eachField(entry, func(field protowire.Number, value []byte) error {
		var err error
		switch field {
		case 1:
			out.version = intern(value)
		case 2:
			out.body, err = anyValue(value)
		case 3:
			out.name = intern(value)
		}
		return err
	})
	return out, err
}

func anyValue(any []byte) ([]byte, error) {
	var value []byte
	err := eachField(any, func(field protowire.Number, bytes []byte) error {
		if field == 2 {
			value = bytes
		}
		return nil
	})
	return value, err
}

// eachField visits the length-delimited fields of a message, and skips all others.
func eachField(message []byte, visit func(field protowire.Number, value []byte) error) error {
	for len(message) > 0 {
		field, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return fmt.Errorf("the server sent a malformed message: %w", protowire.ParseError(n))
		}
		message = message[n:]
		if kind != protowire.BytesType {
			if n = protowire.ConsumeFieldValue(field, kind, message); n < 0 {
				return fmt.Errorf("the server sent a malformed message: %w", protowire.ParseError(n))
			}
			message = message[n:]
			continue
		}
		value, n := protowire.ConsumeBytes(message)
		if n < 0 {
			return fmt.Errorf("the server sent a malformed message: %w", protowire.ParseError(n))
		}
		if err := visit(field, value); err != nil {
			return err
		}
		message = message[n:]
	}
	return nil
}

// request is what either protocol can say; encode writes what its protocol knows.
type request struct {
	node    []byte // of the first request of a stream
	typeURL string
	names   []string          // delta: newly subscribed; SotW: all
	known   map[string]string // delta, first of its type on a new stream: versions by name
	version string            // SotW: last accepted
	nonce   string
}

func (r request) encode(sotw bool) []byte {
	out := make([]byte, 0, len(r.node)+128)
	text := func(field protowire.Number, value string) {
		if value != "" {
			out = protowire.AppendTag(out, field, protowire.BytesType)
			out = protowire.AppendString(out, value)
		}
	}
	bytes := func(field protowire.Number, value []byte) {
		out = protowire.AppendTag(out, field, protowire.BytesType)
		out = protowire.AppendBytes(out, value)
	}
	if sotw {
		text(1, r.version)
		if r.node != nil {
			bytes(2, r.node)
		}
		for _, name := range r.names {
			text(3, name)
		}
		text(4, r.typeURL)
		text(5, r.nonce)
		return out
	}
	if r.node != nil {
		bytes(1, r.node)
	}
	text(2, r.typeURL)
	for _, name := range r.names {
		text(3, name)
	}
	var entry []byte
	for name, version := range r.known {
		entry = protowire.AppendTag(entry[:0], 1, protowire.BytesType)
		entry = protowire.AppendString(entry, name)
		entry = protowire.AppendTag(entry, 2, protowire.BytesType)
		entry = protowire.AppendString(entry, version)
		bytes(5, entry)
	}
	text(6, r.nonce)
	return out
}
