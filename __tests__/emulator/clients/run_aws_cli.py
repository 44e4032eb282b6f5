"""Runs the AWS CLI for every line of standard input, which is the JSON array of its arguments.

The CLI takes most of its time to start, so one process runs all commands. Prints one JSON line for each.
"""

import contextlib
import io
import json
import sys

from awscli.clidriver import create_clidriver

driver = create_clidriver()
answers = sys.stdout

for line in sys.stdin:
    stdout, stderr = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        status = driver.main(json.loads(line))
    texts = []
    for stream in (stdout, stderr):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    answers.write(json.dumps({"exitCode": status, "stdout": texts[0], "stderr": texts[1]}) + "\n")
    answers.flush()
