"""Calls App Mesh by boto3, as the lines on stdin ask for, and answers each with a line of JSON.

A line is {"operation": "create_mesh", "input": {...}}. An answer is {"output": ...}, without ResponseMetadata,
or {"error": {"type": the exception's class, "code": ..., "message": ..., "status": ...}}; what boto3 itself refuses has
no code and no status.
"""

import json
import sys

import boto3
import botocore.config
import botocore.exceptions

client = boto3.client("appmesh", config=botocore.config.Config(retries={"total_max_attempts": 1}))

for line in sys.stdin:
    asked = json.loads(line)
    try:
        if asked["operation"] == "paginate":
            pages = client.get_paginator(asked["paginator"]).paginate(**asked["input"])
            answer = {"output": [{k: v for k, v in page.items() if k != "ResponseMetadata"} for page in pages]}
        else:
            output = getattr(client, asked["operation"])(**asked["input"])
            output.pop("ResponseMetadata")
            answer = {"output": output}
    except botocore.exceptions.ClientError as error:
        answer = {
            "error": {
                "type": type(error).__name__,
                "code": error.response["Error"]["Code"],
                "message": error.response["Error"]["Message"],
                "status": error.response["ResponseMetadata"]["HTTPStatusCode"],
            }
        }
    except botocore.exceptions.ParamValidationError as error:
        # Refused before it is sent.
        answer = {"error": {"type": type(error).__name__, "message": str(error)}}
    print(json.dumps(answer, default=lambda value: value.timestamp()), flush=True)
