package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// What Envoy grants its management server: it never makes a server wait.
const receiveWindow = 256 << 20

// grpcStream is one gRPC stream on a TCP connection of its own, as Envoy's ADS stream is. It is written on
// HTTP/2 frames, for a thousand of them must not cost the machine more than the server that they measure.
// One goroutine reads and writes.
type grpcStream struct {
	conn    net.Conn
	writer  *bufio.Writer
	framer  *http2.Framer
	message []byte // the gRPC message that is arriving
	queued  []byte // what the server's flow control holds back

	connectionWindow int64
	streamWindow     int64
	initialWindow    int64
	received         int64 // since the last window update

	wireBytes int64 // read so far, frame headers included
}

func openStream(conn net.Conn, authority, path string) (*grpcStream, error) {
	writer := bufio.NewWriterSize(conn, 2048)
	s := &grpcStream{
		conn:             conn,
		writer:           writer,
		framer:           http2.NewFramer(writer, bufio.NewReaderSize(conn, 16<<10)),
		connectionWindow: 65535,
		streamWindow:     65535,
		initialWindow:    65535,
	}
	s.framer.SetReuseFrames()
	s.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if _, err := writer.WriteString(http2.ClientPreface); err != nil {
		return nil, err
	}
	if err := s.framer.WriteSettings(
		http2.Setting{ID: http2.SettingEnablePush, Val: 0},
		http2.Setting{ID: http2.SettingInitialWindowSize, Val: receiveWindow},
	); err != nil {
		return nil, err
	}
	if err := s.framer.WriteWindowUpdate(0, receiveWindow-65535); err != nil {
		return nil, err
	}
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, field := range [][2]string{
		{":method", "POST"}, {":scheme", "http"}, {":authority", authority}, {":path", path},
		{"content-type", "application/grpc"}, {"te", "trailers"},
	} {
		if err := encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]}); err != nil {
			return nil, err
		}
	}
	if err := s.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true}); err != nil {
		return nil, err
	}
	return s, nil
}

// send queues one gRPC message and writes as much as flow control lets it.
func (s *grpcStream) send(message []byte) error {
	var prefix [5]byte
	binary.BigEndian.PutUint32(prefix[1:], uint32(len(message)))
	s.queued = append(append(s.queued, prefix[:]...), message...)
	return s.flush()
}

func (s *grpcStream) flush() error {
	for len(s.queued) > 0 {
		n := min(int64(len(s.queued)), s.connectionWindow, s.streamWindow, 16384)
		if n <= 0 {
			break
		}
		if err := s.framer.WriteData(1, false, s.queued[:n]); err != nil {
			return err
		}
		s.queued = s.queued[n:]
		s.connectionWindow -= n
		s.streamWindow -= n
	}
	if len(s.queued) == 0 {
		s.queued = nil
	}
	return s.writer.Flush()
}

// next reads frames until a whole gRPC message has arrived. The message is valid until the next call.
func (s *grpcStream) next() ([]byte, error) {
	s.message = s.message[:0]
	if cap(s.message) > 64<<10 {
		s.message = nil // a thousand kept copies of a large answer would be memory for nothing
	}
	for {
		frame, err := s.framer.ReadFrame()
		if err != nil {
			return nil, err
		}
		s.wireBytes += int64(frame.Header().Length) + 9
		switch f := frame.(type) {
		case *http2.DataFrame:
			data := f.Data()
			if err := s.grant(int64(f.Length)); err != nil {
				return nil, err
			}
			if len(s.message) == 0 && completes(data) {
				return data[5:], nil
			}
			s.message = append(s.message, data...)
			if completes(s.message) {
				return s.message[5:], nil
			}
			if f.StreamEnded() {
				return nil, io.EOF
			}
		case *http2.MetaHeadersFrame:
			if f.StreamEnded() {
				return nil, fmt.Errorf("the server ended the stream: %s", describe(f.Fields))
			}
		case *http2.SettingsFrame:
			if f.IsAck() {
				continue
			}
			if value, ok := f.Value(http2.SettingInitialWindowSize); ok {
				s.streamWindow += int64(value) - s.initialWindow
				s.initialWindow = int64(value)
			}
			if err := s.framer.WriteSettingsAck(); err != nil {
				return nil, err
			}
			if err := s.flush(); err != nil {
				return nil, err
			}
		case *http2.WindowUpdateFrame:
			if f.StreamID == 0 {
				s.connectionWindow += int64(f.Increment)
			} else {
				s.streamWindow += int64(f.Increment)
			}
			if err := s.flush(); err != nil {
				return nil, err
			}
		case *http2.PingFrame:
			if !f.IsAck() {
				if err := s.framer.WritePing(true, f.Data); err != nil {
					return nil, err
				}
				if err := s.writer.Flush(); err != nil {
					return nil, err
				}
			}
		case *http2.RSTStreamFrame:
			return nil, fmt.Errorf("the server reset the stream: %v", f.ErrCode)
		case *http2.GoAwayFrame:
			return nil, fmt.Errorf("the server closes the connection: %v", f.ErrCode)
		}
	}
}

// grant gives the server back what it has used of the receive window, in large steps.
func (s *grpcStream) grant(n int64) error {
	s.received += n
	if s.received < receiveWindow/2 {
		return nil
	}
	for _, stream := range []uint32{0, 1} {
		if err := s.framer.WriteWindowUpdate(stream, uint32(s.received)); err != nil {
			return err
		}
	}
	s.received = 0
	return s.writer.Flush()
}

func completes(data []byte) bool {
	return len(data) >= 5 && len(data) >= 5+int(binary.BigEndian.Uint32(data[1:5]))
}

func describe(fields []hpack.HeaderField) string {
	var status, message string
	for _, field := range fields {
		switch field.Name {
		case "grpc-status":
			status = field.Value
		case "grpc-message":
			message = field.Value
		case ":status":
			if field.Value != "200" {
				message += "HTTP status " + field.Value + " "
			}
		}
	}
	return fmt.Sprintf("gRPC status %s %s", status, message)
}
