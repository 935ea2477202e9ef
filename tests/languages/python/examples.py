"""Runs programs with Pulumi's mocks, and prints what each made and looked up, and the names of what it exported: see
../examples.test.ts. Standard input has the programs by name, and the outputs of each type of resource and each function; an
output without a value that was no input is "<name> <output>"."""

import json
import sys

import pulumi
from pulumi.runtime import mocks


class Recorder(mocks.Mocks):
    def __init__(self) -> None:
        self.made: list[dict] = []
        self.called: list[dict] = []

    def new_resource(self, args: mocks.MockResourceArgs):
        self.made.append({"type": args.typ, "name": args.name, "inputs": args.inputs})
        return [args.name, outputs(args.typ, args.name, args.inputs)]

    def call(self, args: mocks.MockCallArgs):
        self.called.append({"function": args.token, "inputs": args.args})
        return outputs(args.token, args.token.split(":")[-1], args.args)


def outputs(token: str, name: str, inputs: dict) -> dict:
    known = {key: f"{name} {key}" if value is None else value for key, value in given["outputs"][token].items()}
    # Some outputs of components are of another type than the input of that name.
    fitting = {key: value for key, value in inputs.items() if key not in known or type(value) is type(known[key])}
    return {**known, **fitting}


def run(name: str, text: str) -> dict:
    recorder = Recorder()
    mocks.set_mocks(recorder, project="examples", stack="test")
    exported: list[str] = []
    # There is no stack that would take them.
    pulumi.export = lambda key, value: exported.append(key)
    code = compile(text, f"{name}.py", "exec")

    @pulumi.runtime.test
    def program():
        exec(code, {"__name__": name})

    program()
    return {"made": recorder.made, "called": recorder.called, "exported": exported}


given = json.load(sys.stdin)
print(json.dumps({name: run(name, text) for name, text in given["programs"].items()}))
