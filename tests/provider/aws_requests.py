"""Calls AWS as moto has it; each request is held to what botocore knows of it before it goes out: members, kinds and what is
required by botocore itself, values, lengths and patterns here.

Standard input: a JSON list of {service, operation, parameters, gives}. What an answer gives stands for the names of the keys of
`gives` in later requests. Standard output: {answers, mistakes}."""

import json
import re
import sys

import boto3
import jmespath
from botocore import xform_name
from moto import mock_aws


def of_python(pattern):
    """Patterns are Java's: Python writes what is beyond 16 bits otherwise, and has no classes of Unicode, for which it takes
    letters, digits and spaces."""
    whole = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF").replace(r"\p{Print}", "[ -~]")
    return re.sub(r"\\p\{\w+\}", r"\\w\\s", whole)


def mistakes(shape, value, path):
    kind = shape.type_name
    if kind == "structure":
        for name, member in value.items():
            if name in shape.members:
                yield from mistakes(shape.members[name], member, f"{path}.{name}")
    elif kind == "list":
        for index, item in enumerate(value):
            yield from mistakes(shape.member, item, f"{path}[{index}]")
    elif kind == "map":
        for name, item in value.items():
            yield from mistakes(shape.key, name, f"{path}.{name}")
            yield from mistakes(shape.value, item, f"{path}.{name}")
    if kind == "string":
        if shape.enum and value not in shape.enum:
            yield f"{path}: {value} is none of {', '.join(shape.enum)}"
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(of_python(pattern), value):
            yield f"{path}: {value} is not {pattern}"
    size = value if kind in ("integer", "long", "float", "double") else len(value) if hasattr(value, "__len__") else None
    if size is not None and kind not in ("structure",):
        if "min" in shape.metadata and size < shape.metadata["min"]:
            yield f"{path}: {size} is less than {shape.metadata['min']}"
        if "max" in shape.metadata and size > shape.metadata["max"]:
            yield f"{path}: {size} is more than {shape.metadata['max']}"


def known(value, names):
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [known(item, names) for item in value]
    if isinstance(value, dict):
        return {name: known(item, names) for name, item in value.items()}
    return value


with mock_aws():
    names, answers, found = {}, [], []
    for request in json.load(sys.stdin):
        service, operation = request["service"], request["operation"]
        client = boto3.client(service, "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
        parameters = known(request["parameters"], names)
        shape = client.meta.service_model.operation_model(operation).input_shape
        found += mistakes(shape, parameters, f"{service}.{operation}")
        answer = getattr(client, xform_name(operation))(**parameters)
        for name, path in request.get("gives", {}).items():
            names[name] = jmespath.search(path, answer)
        answers.append({key: value for key, value in answer.items() if key != "ResponseMetadata"})
    named = {real: name for name, real in names.items()}
    json.dump({"answers": known(answers, named), "mistakes": found}, sys.stdout, default=str)
