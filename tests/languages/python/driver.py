"""Runs the program of examples/canary-python inline, as standard input asks: see ../driver.ts."""

import json
import sys

from canary import canary
from pulumi import automation as auto


def do(stack: auto.Stack, command: list[str]) -> dict:
    match command:
        case ["config", key, value]:
            stack.set_config(key, auto.ConfigValue(value))
            return {}
        case ["preview"]:
            return {"changes": counts(stack.preview().change_summary)}
        case ["up"]:
            result = stack.up()
            outputs = {name: output.value for name, output in result.outputs.items()}
            return {"changes": counts(result.summary.resource_changes), "outputs": outputs}
        case ["refresh"]:
            return {"changes": counts(stack.refresh().summary.resource_changes)}
        case ["destroy"]:
            return {"changes": counts(stack.destroy().summary.resource_changes)}
        case _:
            raise ValueError(f"no command {command}")


def counts(changes: dict | None) -> dict:
    return {getattr(op, "value", op): count for op, count in (changes or {}).items()}


def main() -> None:
    options = auto.LocalWorkspaceOptions(work_dir=sys.argv[1])
    stack = auto.create_or_select_stack("test", project_name="canary", program=canary, opts=options)
    for line in sys.stdin:
        try:
            answer = do(stack, line.split())
        except Exception as error:
            answer = {"error": str(error)}
        print(f"answer {json.dumps(answer)}", flush=True)


main()
