"""The door: `siting`, and `python -m siting`."""

import os
import signal
import sys


def main() -> None:
    """Run the command line; until its libraries are in, a signal ends it at once and without a word."""
    for sign, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        signal.signal(sign, lambda *_, code=code: os._exit(code))
    from siting.cli import main as run  # noqa: PLC0415  after the handlers: it takes seconds

    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


if __name__ == "__main__":
    # Python puts the working folder first on the path for `-m`: a numpy.py beside a project must not be run
    here = os.path.realpath(os.curdir)
    sys.path[:] = [each for each in sys.path if each and os.path.realpath(each) != here]
    main()
