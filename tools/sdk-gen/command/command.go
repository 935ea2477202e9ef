// Package command is what writes an SDK, and the programs of examples, whatever the version of Pulumi's code generators
// that it is built with.
//
//	sdk-gen -schema provider/schema.json -language nodejs -out FOLDER
//	sdk-gen -schema provider/schema.json -language nodejs -programs FILE -out FILE
//
// They are Pulumi's own, linked directly: `pulumi package gen-sdk` needs the language hosts, which a
// Pulumi CLI that was built from source does not have.
package command

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
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// Tool is the name that the header of every generated file gives.
const Tool = "tools/sdk-gen"

// Files maps the path of a generated file, below the SDK's folder, to its content.
type Files = map[string][]byte

// Generators holds what differs between languages; extra are hand-written files that the SDK carries.
type Generators map[string]func(pkg *schema.Package, extra Files) (Files, error)

// Main is the whole command, for the languages of these generators.
func Main(generators Generators, programs Programs) {
	schemaPath := flag.String("schema", "", "the provider's schema.json")
	language := flag.String("language", "", "one of "+strings.Join(generators.languages(), ", "))
	out := flag.String("out", "", "the folder to write, which must not exist yet or be empty; with -programs the file")
	extra := flag.String("extra", "", "a folder of files to put into the SDK as they are (optional)")
	from := flag.String("programs", "", "programs to translate instead, in PCL: a JSON object of texts by name")
	flag.Parse()
	if err := generators.run(*schemaPath, *language, *out, *extra, *from, programs); err != nil {
		fmt.Fprintln(os.Stderr, "sdk-gen:", err)
		os.Exit(1)
	}
}

func (generators Generators) run(schemaPath, language, out, extraFolder, from string, programs Programs) error {
	if schemaPath == "" || language == "" || out == "" {
		return errors.New("-schema, -language and -out are all needed")
	}
	generate, known := generators[language]
	if !known {
		return fmt.Errorf("-language %s: expected one of %s", language, strings.Join(generators.languages(), ", "))
	}
	if from != "" {
		pkg, err := bind(schemaPath)
		if err != nil {
			return err
		}
		return programs.write(pkg, language, from, out)
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
	pkg, diagnostics, err := schema.BindSpec(spec, NoPackages{}, schema.ValidationOptions{})
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

func readFolder(root string) (Files, error) {
	content := Files{}
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

func (generators Generators) languages() []string {
	var names []string
	for name := range generators {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// NoPackages resolves no other package: the schema names types of its own only, so that no SDK
// depends on another provider's.
type NoPackages struct{}

func refuse(name string) error {
	return fmt.Errorf("the schema refers to the package %q: it may only use types of its own", name)
}

func (NoPackages) LoadPackage(name string, _ *semver.Version) (*schema.Package, error) {
	return nil, refuse(name)
}

func (NoPackages) LoadPackageV2(_ context.Context, descriptor *schema.PackageDescriptor) (*schema.Package, error) {
	return nil, refuse(descriptor.Name)
}

func (NoPackages) LoadPackageReference(name string, _ *semver.Version) (schema.PackageReference, error) {
	return nil, refuse(name)
}

func (NoPackages) LoadPackageReferenceV2(_ context.Context, descriptor *schema.PackageDescriptor) (schema.PackageReference, error) {
	return nil, refuse(descriptor.Name)
}
