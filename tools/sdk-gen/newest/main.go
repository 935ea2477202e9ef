// Command newest writes the SDKs and examples of the languages that the newest of Pulumi's code generators knows.
package main

import (
	"regexp"

	"github.com/hashicorp/hcl/v2"
	"github.com/pulumi-appmesh/tools/sdk-gen/command"
	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/hcl2/syntax"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/pcl"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func main() {
	command.Main(command.Generators{
		"nodejs": func(pkg *schema.Package, extra command.Files) (command.Files, error) {
			return nodejs.GeneratePackage(command.Tool, pkg, extra, nil, false, command.NoPackages{})
		},
		"python": func(pkg *schema.Package, extra command.Files) (command.Files, error) {
			return python.GeneratePackage(command.Tool, pkg, extra, command.NoPackages{})
		},
		"go": func(pkg *schema.Package, _ command.Files) (command.Files, error) {
			return golang.GeneratePackage(command.Tool, pkg, nil)
		},
	}, command.Programs{
		Bind: func(files []*syntax.File, loader schema.Loader) (*pcl.Program, hcl.Diagnostics, error) {
			return pcl.BindProgram(files, loader)
		},
		Languages: map[string]command.Writer{
			"nodejs": nodejs.GenerateProgram,
			"python": python.GenerateProgram,
			"go":     command.Corrected(golang.GenerateProgram, plainMap, "map[string]appmesh."),
		},
	})
}

// plainMap is how Go's writer of programs begins a map of plain objects; the values of the SDK's maps are no pointers.
var plainMap = regexp.MustCompile(`map\[string\]\*appmesh\.`)
