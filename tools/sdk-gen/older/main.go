// Command older writes the SDKs of .NET and Java, and examples of .NET. It is a module of its own: the newest pkg/v3 has no generator for
// .NET any more, and Java's does not compile with it; and what this older pkg/v3 makes for Node.js is worse than what
// the newest makes (an Output of an optional value does not fit an optional input).
package main

import (
	"errors"
	"maps"
	"net/http"
	"regexp"
	"testing/fstest"

	"github.com/hashicorp/hcl/v2"
	"github.com/pulumi-appmesh/tools/sdk-gen/command"
	"github.com/pulumi/pulumi-java/pkg/codegen/java"
	"github.com/pulumi/pulumi/pkg/v3/codegen"
	"github.com/pulumi/pulumi/pkg/v3/codegen/dotnet"
	"github.com/pulumi/pulumi/pkg/v3/codegen/hcl2/syntax"
	"github.com/pulumi/pulumi/pkg/v3/codegen/pcl"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func main() {
	command.Main(command.Generators{
		"dotnet": func(pkg *schema.Package, extra command.Files) (command.Files, error) {
			// The generator does it for resources only.
			for _, function := range pkg.Functions {
				function.Comment = codegen.FilterExamples(function.Comment, "csharp")
			}
			openComponents(pkg)
			return withLogo(pkg, extra, func(extra command.Files) (command.Files, error) {
				return dotnet.GeneratePackage(command.Tool, pkg, extra, nil)
			})
		},
		"java": func(pkg *schema.Package, extra command.Files) (command.Files, error) {
			openComponents(pkg)
			return java.GeneratePackage(command.Tool, pkg, extra, nil, false, false)
		},
	}, command.Programs{
		Bind: func(files []*syntax.File, loader schema.Loader) (*pcl.Program, hcl.Diagnostics, error) {
			return pcl.BindProgram(files, pcl.Loader(loader))
		},
		Languages: map[string]command.Writer{
			"dotnet": command.Corrected(dotnet.GenerateProgram, namespace),
		},
	})
}

// openComponents has secret outputs of components, which come closed from the plugin, not be named among a component's
// options: .NET's and Java's know no such thing.
func openComponents(pkg *schema.Package) {
	for _, resource := range pkg.Resources {
		if resource.IsComponent {
			for _, property := range resource.Properties {
				property.Secret = false
			}
		}
	}
}

// namespace is where .NET's writer of programs looks for functions, whatever the schema's own namespace.
var namespace = command.Correction{
	Mistake: regexp.MustCompile(`= Pulumi\.AppMesh;`), Right: "= PulumiAppMesh.AppMesh;",
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
