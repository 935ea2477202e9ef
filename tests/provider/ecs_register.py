"""Registers task definitions with ECS as moto has it; botocore checks each against ECS's own shapes before it goes out.

Standard input: a JSON object of task definitions by name. Standard output: by name what ECS describes of each."""

import json
import sys

import boto3
from moto import mock_aws

with mock_aws():
    ecs = boto3.client("ecs", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    described = {}
    for name, task in json.load(sys.stdin).items():
        made = ecs.register_task_definition(family=name, **task)["taskDefinition"]
        described[name] = ecs.describe_task_definition(taskDefinition=made["taskDefinitionArn"])["taskDefinition"]
    json.dump(described, sys.stdout, default=str)
