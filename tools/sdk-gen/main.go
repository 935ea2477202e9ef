// Command sdk-gen writes the SDK of one language from the provider's schema.
//
//	sdk-gen -schema provider/schema.json -language nodejs -out FOLDER
//
// It is Pulumi's own code generator, linked directly: `pulumi package gen-sdk` needs the language
// hosts, which a Pulumi CLI that was built from source does not have.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/blang/semver"
	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// tool is the name that the header of every generated file gives.
const tool = "tools/sdk-gen"

// files maps the path of a generated file, below the SDK's folder, to its content.
type files = map[string][]byte

// generators holds what differs between languages; extra are hand-written files that the SDK carries.
var generators = map[string]func(pkg *schema.Package, extra files) (files, error){
	"nodejs": func(pkg *schema.Package, extra files) (files, error) {
		return nodejs.GeneratePackage(tool, pkg, extra, nil, false, noPackages{})
	},
	"python": func(pkg *schema.Package, extra files) (files, error) {
		return python.GeneratePackage(tool, pkg, extra, noPackages{})
	},
	"go": func(pkg *schema.Package, _ files) (files, error) {
		return golang.GeneratePackage(tool, pkg, nil)
	},
}

func main() {
	schemaPath := flag.String("schema", "", "the provider's schema.json")
	language := flag.String("language", "", "one of "+strings.Join(languages(), ", "))
	out := flag.String("out", "", "the folder to write, which must not exist yet or be empty")
	extra := flag.String("extra", "", "a folder of files to put into the SDK as they are (optional)")
	flag.Parse()
	if err := run(*schemaPath, *language, *out, *extra); err != nil {
		fmt.Fprintln(os.Stderr, "sdk-gen:", err)
		os.Exit(1)
	}
}

func run(schemaPath, language, out, extraFolder string) error {
	if schemaPath == "" || language == "" || out == "" {
		return errors.New("-schema, -language and -out are all needed")
	}
	generate, known := generators[language]
	if !known {
		return fmt.Errorf("-language %s: expected one of %s", language, strings.Join(languages(), ", "))
	}
	// A file that is no longer generated must not live on in the SDK.
	if entries, err := os.ReadDir(out); err == nil && len(entries) > 0 {
		return fmt.Errorf("-out %s: the folder is not empty", out)
	}
	extra, err := readFolder(extraFolder)
	if err != nil {
		return err
	}
	pkg, err := bind(schemaPath)
	if err != nil {
		return err
	}
	generated, err := generate(pkg, extra)
	if err != nil {
		return fmt.Errorf("generating the %s SDK: %w", language, err)
	}
	for path, content := range generated {
		target := filepath.Join(out, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func bind(path string) (*schema.Package, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	pkg, diagnostics, err := schema.BindSpec(spec, noPackages{}, schema.ValidationOptions{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, diagnostic := range diagnostics {
		fmt.Fprintf(os.Stderr, "%s: %s\n", path, diagnostic.Error())
	}
	if diagnostics.HasErrors() {
		return nil, fmt.Errorf("%s is not a valid schema", path)
	}
	return pkg, nil
}

func readFolder(root string) (files, error) {
	content := files{}
	if root == "" {
		return content, nil
	}
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		content[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	return content, err
}

func languages() []string {
	var names []string
	for name := range generators {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// noPackages resolves no other package: the schema names types of its own only, so that no SDK
// depends on another provider's.
type noPackages struct{}

func refuse(name string) error {
	return fmt.Errorf("the schema refers to the package %q: it may only use types of its own", name)
}

func (noPackages) LoadPackage(name string, _ *semver.Version) (*schema.Package, error) {
	return nil, refuse(name)
}

func (noPackages) LoadPackageV2(_ context.Context, descriptor *schema.PackageDescriptor) (*schema.Package, error) {
	return nil, refuse(descriptor.Name)
}

func (noPackages) LoadPackageReference(name string, _ *semver.Version) (schema.PackageReference, error) {
	return nil, refuse(name)
}

func (noPackages) LoadPackageReferenceV2(_ context.Context, descriptor *schema.PackageDescriptor) (schema.PackageReference, error) {
	return nil, refuse(descriptor.Name)
}
