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
			"go":     command.Corrected(golang.GenerateProgram, goCorrections...),
		},
	})
}

var goCorrections = []command.Correction{
	// The values of the SDK's maps of plain objects are no pointers.
	{Mistake: regexp.MustCompile(`map\[string\]\*appmesh\.`), Right: "map[string]appmesh."},
	// The values of plain lists and maps are of any input, and not of the one that is given.
	{Mistake: regexp.MustCompile(`(map\[string\]|\[\])pulumi\.(String|Int|Bool|Float64)\{`), Right: "${1}pulumi.${2}Input{"},
	// An optional member of a plain object is a pointer; where an input is asked for, a pointer does as well.
	{Mistake: regexp.MustCompile(`(\w+:\s+)(appmesh\.\w+Args\{)`), Right: "$1&$2"},
	// A plain object that is required is no pointer.
	{Mistake: regexp.MustCompile(`&(appmesh\.PodControlPlaneArgs\{)`), Right: "$1"},
	// The items of a plain list are written without their type, which what is in them must have.
	{Mistake: regexp.MustCompile(`(\[\]appmesh\.(VirtualGateway|)ListenerArgs\{\s+\{\s+PortMapping:\s+)\{`), Right: "${1}&appmesh.${2}PortMappingArgs{"},
	// A function that is called like the getter of a resource is a Lookup in the SDK: those without a plural.
	{Mistake: regexp.MustCompile(`appmesh\.Get(\w*[^s])(Args\{|\(ctx)`), Right: "appmesh.Lookup$1$2"},
	// A list of what was looked up is not an input of anything.
	{Mistake: regexp.MustCompile(`ctx\.Export\(("\w+"), (\w+\.\w+s)\)`), Right: "ctx.Export($1, pulumi.Any($2))"},
}
