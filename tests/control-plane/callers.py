"""Calls App Mesh by boto3 as whoever a line on stdin says, and answers each with a line of JSON.

A line is {"endpoint", "ca", "key": [id, secret] or null, "operation", "input", "clock", "alter"}: `clock` puts the
signature's date off by so many seconds; `alter` changes, after it was signed, the request's "body", "path" or "query".
"""

import datetime
import json
import sys

import boto3
import botocore
import botocore.auth
import botocore.config
import botocore.exceptions

now = botocore.auth.get_current_datetime


def alter(what):
    def change(request, **_):
        if what == "body":
            request.body = request.body.replace(b"ALLOW_ALL", b"DROP_ALL ")
        elif what == "path":
            request.url = request.url.replace("/meshes/shop", "/meshes/bank")
        elif what == "query":
            request.url += ("&" if "?" in request.url else "?") + "limit=1"

    return change


for line in sys.stdin:
    asked = json.loads(line)
    key = asked.get("key") or [None, None]
    client = boto3.session.Session().client(
        "appmesh",
        endpoint_url=asked["endpoint"],
        region_name="us-east-1",
        verify=asked.get("ca"),
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
        config=botocore.config.Config(
            retries={"total_max_attempts": 1},
            **({} if asked.get("key") else {"signature_version": botocore.UNSIGNED}),
        ),
    )
    off = datetime.timedelta(seconds=asked.get("clock", 0))
    botocore.auth.get_current_datetime = lambda *args, off=off, **more: now(*args, **more) + off
    if asked.get("alter"):
        client.meta.events.register("before-send.app-mesh", alter(asked["alter"]))
    try:
        output = getattr(client, asked["operation"])(**asked.get("input", {}))
        output.pop("ResponseMetadata")
        answer = {"output": output}
    except botocore.exceptions.ClientError as error:
        answer = {
            "type": type(error).__name__,
            "code": error.response["Error"]["Code"],
            "message": error.response["Error"]["Message"],
            "status": error.response["ResponseMetadata"]["HTTPStatusCode"],
        }
    except botocore.exceptions.BotoCoreError as error:
        answer = {"type": type(error).__name__}
    print(json.dumps(answer, default=lambda value: value.timestamp()), flush=True)
