// Command older writes the SDKs of .NET and Java. It is a module of its own: the newest pkg/v3 has no generator for
// .NET any more, and Java's does not compile with it; and what this older pkg/v3 makes for Node.js is worse than what
// the newest makes (an Output of an optional value does not fit an optional input).
package main

import (
	"errors"
	"maps"
	"net/http"
	"testing/fstest"

	"github.com/pulumi-appmesh/tools/sdk-gen/command"
	"github.com/pulumi/pulumi-java/pkg/codegen/java"
	"github.com/pulumi/pulumi/pkg/v3/codegen/dotnet"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func main() {
	command.Main(command.Generators{
		"dotnet": func(pkg *schema.Package, extra command.Files) (command.Files, error) {
			return withLogo(pkg, extra, func(extra command.Files) (command.Files, error) {
				return dotnet.GeneratePackage(command.Tool, pkg, extra, nil)
			})
		},
		"java": func(pkg *schema.Package, extra command.Files) (command.Files, error) {
			return java.GeneratePackage(command.Tool, pkg, extra, nil, false, false)
		},
	})
}

const logo = "logo.png"

// withLogo lets .NET's generator, which always fetches the package's logo by its URL, have the one among the
// hand-written files: nothing is downloaded.
func withLogo(
	pkg *schema.Package, extra command.Files, generate func(extra command.Files) (command.Files, error),
) (command.Files, error) {
	content, given := extra[logo]
	if !given {
		return nil, errors.New("-extra: the folder must hold " + logo)
	}
	folder := fstest.MapFS{logo: {Data: content}}
	http.DefaultTransport.(*http.Transport).RegisterProtocol("file", http.NewFileTransport(http.FS(folder)))
	pkg.LogoURL = "file:///" + logo
	others := maps.Clone(extra)
	delete(others, logo)
	return generate(others)
}
