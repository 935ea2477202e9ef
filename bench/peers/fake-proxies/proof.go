package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// proof names files in PEM, as `appmesh identities issue` writes them.
type proof struct {
	Trust       string `json:"trust"`
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
	ServerName  string `json:"serverName"`
}

// config is nil for plain text.
func (p *proof) config() (*tls.Config, error) {
	if p == nil {
		return nil, nil
	}
	authorities, err := os.ReadFile(p.Trust)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authorities) {
		return nil, fmt.Errorf("there is no certificate in %s", p.Trust)
	}
	certificate, err := tls.LoadX509KeyPair(p.Certificate, p.Key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		RootCAs: pool, Certificates: []tls.Certificate{certificate}, ServerName: p.ServerName, NextProtos: []string{"h2"},
	}, nil
}
