package command

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/blang/semver"
	"github.com/hashicorp/hcl/v2"
	"github.com/pulumi/pulumi/pkg/v3/codegen/hcl2/syntax"
	"github.com/pulumi/pulumi/pkg/v3/codegen/pcl"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// Programs holds what the programs of examples are written with.
type Programs struct {
	// Bind gives a program the types of the packages that it uses; its form differs between versions of pkg/v3.
	Bind func(files []*syntax.File, loader schema.Loader) (*pcl.Program, hcl.Diagnostics, error)
	// Languages maps each to what writes a program in it.
	Languages map[string]Writer
}

// Writer writes a program in a language: the content of its files by their names.
type Writer = func(*pcl.Program) (map[string][]byte, hcl.Diagnostics, error)

// Correction is a mistake of a writer, and what stands in its place.
type Correction struct {
	Mistake *regexp.Regexp
	Right   string
}

// Corrected is a writer whose mistakes are put right in what it writes.
func Corrected(write Writer, corrections ...Correction) Writer {
	return func(program *pcl.Program) (map[string][]byte, hcl.Diagnostics, error) {
		files, diagnostics, err := write(program)
		for name := range files {
			for _, each := range corrections {
				files[name] = each.Mistake.ReplaceAll(files[name], []byte(each.Right))
			}
		}
		return files, diagnostics, err
	}
}

// write translates programs from Pulumi's configuration language (PCL): a JSON object of texts by name, whose
// translations are written to out in the same form.
func (programs Programs) write(pkg *schema.Package, language, from, out string) error {
	generate, known := programs.Languages[language]
	if !known {
		return fmt.Errorf("-language %s: no programs are written in it", language)
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var texts map[string]string
	if err := json.Unmarshal(content, &texts); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	written := map[string]string{}
	for name, text := range texts {
		program, err := programs.one(text, pkg, generate)
		if err != nil {
			return fmt.Errorf("the example %s in %s: %w\n%s", name, language, err, text)
		}
		written[name] = program
	}
	result, err := json.Marshal(written)
	if err != nil {
		return err
	}
	return os.WriteFile(out, result, 0o644)
}

func (programs Programs) one(text string, pkg *schema.Package, generate Writer) (string, error) {
	parser := syntax.NewParser()
	if err := parser.ParseFile(strings.NewReader(text), "main.pp"); err != nil {
		return "", err
	}
	if parser.Diagnostics.HasErrors() {
		return "", parser.Diagnostics
	}
	program, diagnostics, err := programs.Bind(parser.Files, onlyPackage{pkg})
	if err != nil {
		return "", err
	}
	// What the binder only warns of would be left out of the program, or be of another type in it.
	if len(diagnostics) > 0 {
		return "", diagnostics
	}
	files, diagnostics, err := generate(program)
	if err != nil {
		return "", err
	}
	if len(diagnostics) > 0 {
		return "", diagnostics
	}
	if len(files) != 1 {
		return "", fmt.Errorf("%d files instead of one", len(files))
	}
	for _, file := range files {
		return string(file), nil
	}
	return "", nil
}

// onlyPackage is the one package that examples use.
type onlyPackage struct{ pkg *schema.Package }

func (only onlyPackage) named(name string) (*schema.Package, error) {
	if name != only.pkg.Name {
		return nil, fmt.Errorf("an example uses the package %q: it may only use %q", name, only.pkg.Name)
	}
	return only.pkg, nil
}

func (only onlyPackage) LoadPackage(name string, _ *semver.Version) (*schema.Package, error) {
	return only.named(name)
}

func (only onlyPackage) LoadPackageV2(_ context.Context, wanted *schema.PackageDescriptor) (*schema.Package, error) {
	return only.named(wanted.Name)
}

func (only onlyPackage) LoadPackageReference(name string, _ *semver.Version) (schema.PackageReference, error) {
	pkg, err := only.named(name)
	if err != nil {
		return nil, err
	}
	return pkg.Reference(), nil
}

func (only onlyPackage) LoadPackageReferenceV2(
	_ context.Context, wanted *schema.PackageDescriptor,
) (schema.PackageReference, error) {
	return only.LoadPackageReference(wanted.Name, nil)
}
