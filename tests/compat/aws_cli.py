"""The AWS CLI v1, run once for each line on stdin, which is a JSON array of its arguments.

Each answer is a line of JSON: {"code": ..., "stdout": ..., "stderr": ...}. This is the CLI itself, from its entry
point on; only that one process serves for all of its runs, and reads each of its data files once, since the start of
one takes most of a second.
"""

import contextlib
import functools
import io
import json
import sys

import awscli.clidriver

# The CLI has a botocore of its own.
session = awscli.clidriver.botocore.session
session.create_loader = functools.cache(session.create_loader)


class Text(io.StringIO):
    """What the CLI takes for a terminal's or a pipe's stream. It writes bytes to it where it has them."""

    @property
    def buffer(self):
        return self

    def write(self, text):
        return super().write(text.decode() if isinstance(text, bytes) else text)


for line in sys.stdin:
    stdout, stderr = Text(), Text()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            code = awscli.clidriver.create_clidriver().main(json.loads(line))
        except SystemExit as ended:
            code = ended.code
    answer = {"code": code, "stdout": stdout.getvalue(), "stderr": stderr.getvalue()}
    print(json.dumps(answer), flush=True)
