// Command pulumi-resource-null is a Pulumi provider that does nothing: it takes any resource, echoes what it is given with
// outputs as App Mesh's entities have them, decodes only what it must to compare, and calls nobody. What `pulumi up` takes
// with it is the floor of the engine itself, which writes the whole state again and again.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"path"
	"slices"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// handlers are the methods of pulumirpc.ResourceProvider by name, from encoded request to encoded response.
var handlers = map[string]func(request []byte) []byte{
	"GetPluginInfo": func([]byte) []byte { return text(nil, 1, "0.1.0") },
	"GetSchema":     func([]byte) []byte { return text(nil, 1, `{"name": "null", "version": "0.1.0"}`) },
	"CheckConfig":   func(r []byte) []byte { return echo(nil, 1, r, 3) },
	"DiffConfig":    func([]byte) []byte { return flag(nil, 4, 1) },
	"Configure": func([]byte) []byte {
		return flag(flag(nil, 1, 1), 2, 1) // accepts secrets, supports preview
	},
	"Check": func(r []byte) []byte { return echo(nil, 1, r, 3) },
	"Diff": func(r []byte) []byte {
		const none, some = 1, 2
		const oldInputs, news = 6, 4
		if same(field(r, oldInputs), field(r, news)) {
			return flag(nil, 4, none)
		}
		return flag(nil, 4, some)
	},
	"Create": func(r []byte) []byte { return state(text(nil, 1, path.Base(string(field(r, 1)))), 2, field(r, 2)) },
	"Read":   func(r []byte) []byte { return echo(echo(echo(nil, 1, r, 1), 2, r, 3), 3, r, 4) },
	"Update": func(r []byte) []byte { return state(nil, 1, field(r, 4)) },
	"Delete": func([]byte) []byte { return nil },
	"Cancel": func([]byte) []byte { return nil },
}

func main() {
	log.SetFlags(0)
	// The engine stops its plugins itself; Ctrl-C in a terminal reaches them as well.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	server := grpc.NewServer(grpc.ForceServerCodec(raw{}), grpc.UnknownServiceHandler(serve), grpc.MaxRecvMsgSize(400<<20))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		<-ctx.Done()
		server.Stop()
	}()
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	if err := server.Serve(listener); err != nil {
		log.Fatal(err)
	}
}

func serve(_ any, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	handle, ok := handlers[path.Base(method)]
	if !ok {
		return status.Error(codes.Unimplemented, method)
	}
	var request []byte
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	response := handle(request)
	return stream.SendMsg(&response)
}

// raw leaves messages as they are.
type raw struct{}

func (raw) Name() string                    { return "proto" }
func (raw) Marshal(v any) ([]byte, error)   { return *v.(*[]byte), nil }
func (raw) Unmarshal(b []byte, v any) error { *v.(*[]byte) = b; return nil }

// field is the encoded value of a length-delimited field, empty where it is absent.
func field(message []byte, wanted protowire.Number) []byte {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return nil
		}
		message = message[n:]
		size := protowire.ConsumeFieldValue(number, kind, message)
		if size < 0 {
			return nil
		}
		if number == wanted && kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(message)
			return value
		}
		message = message[size:]
	}
	return nil
}

// same tells whether two encoded google.protobuf.Struct are equal, whatever the order of their members.
func same(a, b []byte) bool {
	var left, right structpb.Struct
	return proto.Unmarshal(a, &left) == nil && proto.Unmarshal(b, &right) == nil && proto.Equal(&left, &right)
}

func echo(out []byte, to protowire.Number, request []byte, from protowire.Number) []byte {
	return protowire.AppendBytes(protowire.AppendTag(out, to, protowire.BytesType), field(request, from))
}

// state is what a resource was given with its outputs: two encoded structs, one after the other, are both in one.
func state(out []byte, to protowire.Number, inputs []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(out, to, protowire.BytesType), append(slices.Clone(inputs), outputs...))
}

var outputs = func() []byte {
	const account = "000000000000"
	values, err := structpb.NewStruct(map[string]any{
		"arn":           "arn:aws:appmesh:us-east-1:" + account + ":mesh/up/virtualRouter/router-100/route/route-100",
		"uid":           "00000000-0000-4000-8000-000000000000",
		"version":       1,
		"meshOwner":     account,
		"resourceOwner": account,
		"status":        "ACTIVE",
		"createdAt":     "2023-11-14T22:13:20.000Z",
		"lastUpdatedAt": "2023-11-14T22:13:20.000Z",
	})
	if err != nil {
		panic(err)
	}
	encoded, err := proto.Marshal(values)
	if err != nil {
		panic(err)
	}
	return encoded
}()

func text(out []byte, number protowire.Number, value string) []byte {
	return protowire.AppendString(protowire.AppendTag(out, number, protowire.BytesType), value)
}

func flag(out []byte, number protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(out, number, protowire.VarintType), value)
}
