"""Runs the program of an example inline, as standard input asks: driver.py EXAMPLE FOLDER. See ../driver.ts."""

import json
import runpy
import sys
from pathlib import Path

import yaml
from pulumi import automation as auto


def do(stack: auto.Stack, command: list[str]) -> dict:
    match command:
        case ["config", key, value]:
            stack.set_config(key, auto.ConfigValue(value))
            return {}
        case ["preview"]:
            steps = Steps()
            return {"changes": counts(stack.preview(on_event=steps.add).change_summary), "steps": steps.all}
        case ["up"]:
            steps = Steps()
            result = stack.up(on_event=steps.add)
            outputs = {name: output.value for name, output in result.outputs.items()}
            return {"changes": counts(result.summary.resource_changes), "outputs": outputs, "steps": steps.all}
        case ["refresh"]:
            return {"changes": counts(stack.refresh().summary.resource_changes)}
        case ["destroy"]:
            steps = Steps()
            changes = stack.destroy(on_event=steps.add).summary.resource_changes
            return {"changes": counts(changes), "steps": steps.all}
        case _:
            raise ValueError(f"no command {command}")


class Steps:
    """What the engine does, or would do, to each resource: "create aws:ecs/cluster:Cluster shop"."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def add(self, event: auto.EngineEvent) -> None:
        if event.resource_pre_event is None:
            return
        metadata = event.resource_pre_event.metadata
        op = getattr(metadata.op, "value", metadata.op)
        if op != "same" and not metadata.type.startswith("pulumi:"):
            self.all.append(f"{op} {metadata.type} {metadata.urn.split('::', 3)[3]}")


def counts(changes: dict | None) -> dict:
    return {getattr(op, "value", op): count for op, count in (changes or {}).items()}


def main() -> None:
    example, folder = map(Path, sys.argv[1:])
    project = yaml.safe_load((example / "Pulumi.yaml").read_text())["name"]
    sys.path.insert(0, str(example))
    stack = auto.create_or_select_stack(
        "test",
        project_name=project,
        program=lambda: runpy.run_path(str(example / "__main__.py"), run_name="__main__"),
        opts=auto.LocalWorkspaceOptions(work_dir=str(folder)),
    )
    for line in sys.stdin:
        try:
            answer = do(stack, line.split())
        except Exception as error:
            answer = {"error": str(error)}
        print(f"answer {json.dumps(answer)}", flush=True)


main()
