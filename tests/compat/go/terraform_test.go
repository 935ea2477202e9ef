package client

import (
	"os"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"
)

// Not a call: a Terraform program (the file of TERRAFORM_FILE) is read by HashiCorp's parser, and has the endpoint of
// App Mesh where Terraform's AWS provider looks for it.
func TestTerraformSyntax(t *testing.T) {
	file, problems := hclparse.NewParser().ParseHCLFile(os.Getenv("TERRAFORM_FILE"))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	var program struct {
		Provider struct {
			Name      string `hcl:"name,label"`
			Endpoints struct {
				AppMesh string `hcl:"appmesh"`
			} `hcl:"endpoints,block"`
			Rest hcl.Body `hcl:",remain"`
		} `hcl:"provider,block"`
		Rest hcl.Body `hcl:",remain"`
	}
	if problems := gohcl.DecodeBody(file.Body, nil, &program); problems.HasErrors() {
		t.Fatal(problems)
	}
	same(t, program.Provider.Name, "aws")
	same(t, program.Provider.Endpoints.AppMesh, "http://127.0.0.1:7070")
}
