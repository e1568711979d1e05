"""``python -m gatekeeper``: the command line."""

import signal
import sys

import gatekeeper


def main() -> int:
    # The engine does not look at Python's signals: an interrupt ends the process, as it does with the native program.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return gatekeeper.main()


if __name__ == "__main__":
    sys.exit(main())
