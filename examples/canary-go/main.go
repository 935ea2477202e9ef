package main

import (
	"canary/canary"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(canary.Program)
}
