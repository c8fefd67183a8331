"""A long-lived child that reads damaged files, one line `case seed` at a time, and answers one line of JSON each."""

import json
import os
import resource
import sys
import tempfile
from pathlib import Path

MEMORY_BYTES = 4 << 30


def main() -> None:
    """Answer until the input ends; whatever the libraries print goes to stderr."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory(prefix="damaged-") as folder:
        os.environ["SITING_CACHE"] = f"{folder}/cache"
        from tests.reliability.mutation import BY_NAME, examine  # noqa: PLC0415  after the cache is set

        for line in sys.stdin:
            case, seed = line.split()
            found = examine(BY_NAME[case], int(seed), Path(folder) / "now")
            answers.write(json.dumps(found) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
