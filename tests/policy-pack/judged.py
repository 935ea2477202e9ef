"""Previews the program of examples/canary-python with a policy pack, and prints what the pack says of it.

Arguments: a folder for the stack, the policy pack."""

import json
import sys

from canary import canary
from pulumi import automation as auto


def main(folder: str, pack: str) -> None:
    options = auto.LocalWorkspaceOptions(work_dir=folder)
    stack = auto.create_or_select_stack("test", project_name="canary", program=canary, opts=options)
    stack.set_config("canaryWeight", auto.ConfigValue("10"))
    said = []

    def on_event(event: auto.EngineEvent) -> None:
        if event.policy_event is not None:
            policy = event.policy_event
            said.append([policy.policy_name, policy.enforcement_level, policy.resource_urn, policy.message])

    stopped = False
    try:
        stack.preview(policy_packs=[pack], on_event=on_event)
    except auto.CommandError:
        stopped = True
    print(f"answer {json.dumps({'stopped': stopped, 'said': said})}", flush=True)


main(*sys.argv[1:])
