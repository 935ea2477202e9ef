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
        case [name, "steps"]:
            steps = Steps()
            return {**run(stack, name, steps.add), "steps": steps.all}
        case [name]:
            return run(stack, name)
        case _:
            raise ValueError(f"no command {command}")


def run(stack: auto.Stack, command: str, on_event: auto.OnEvent | None = None) -> dict:
    match command:
        case "preview":
            return {"changes": counts(stack.preview(on_event=on_event).change_summary)}
        case "up":
            result = stack.up(on_event=on_event)
            outputs = {name: output.value for name, output in result.outputs.items()}
            return {"changes": counts(result.summary.resource_changes), "outputs": outputs}
        case "refresh":
            return {"changes": counts(stack.refresh(on_event=on_event).summary.resource_changes)}
        case "destroy":
            return {"changes": counts(stack.destroy(on_event=on_event).summary.resource_changes)}
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
