// Command newest writes the SDKs of the languages that the newest of Pulumi's code generators knows.
package main

import (
	"github.com/pulumi-appmesh/tools/sdk-gen/command"
	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
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
	})
}
