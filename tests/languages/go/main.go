// Command canary-driver runs the program of examples/canary-go inline, as its standard input asks: see ../driver.ts.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"canary/canary"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

type answer struct {
	Changes map[string]int `json:"changes,omitempty"`
	Outputs map[string]any `json:"outputs,omitempty"`
	Error   string         `json:"error,omitempty"`
}

func main() {
	ctx := context.Background()
	stack, err := auto.UpsertStackInlineSource(ctx, "test", "canary", canary.Program, auto.WorkDir(os.Args[1]))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		result, err := do(ctx, stack, strings.Fields(lines.Text()))
		if err != nil {
			result = answer{Error: err.Error()}
		}
		text, err := json.Marshal(result)
		if err != nil {
			panic(err)
		}
		fmt.Printf("answer %s\n", text)
	}
}

func do(ctx context.Context, stack auto.Stack, command []string) (answer, error) {
	switch command[0] {
	case "config":
		return answer{}, stack.SetConfig(ctx, command[1], auto.ConfigValue{Value: command[2]})
	case "preview":
		result, err := stack.Preview(ctx)
		changes := map[string]int{}
		for op, count := range result.ChangeSummary {
			changes[string(op)] = count
		}
		return answer{Changes: changes}, err
	case "up":
		result, err := stack.Up(ctx)
		outputs := map[string]any{}
		for name, output := range result.Outputs {
			outputs[name] = output.Value
		}
		return answer{Changes: counts(result.Summary), Outputs: outputs}, err
	case "refresh":
		result, err := stack.Refresh(ctx)
		return answer{Changes: counts(result.Summary)}, err
	case "destroy":
		result, err := stack.Destroy(ctx)
		return answer{Changes: counts(result.Summary)}, err
	default:
		return answer{}, fmt.Errorf("no command %q", command[0])
	}
}

func counts(summary auto.UpdateSummary) map[string]int {
	if summary.ResourceChanges == nil {
		return nil
	}
	return *summary.ResourceChanges
}
