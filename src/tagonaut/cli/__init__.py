"""The command line: a thin module a command that parses, calls a workflow and prints."""

import os
import sys
import warnings

DONE, LEFT_OUT, NOTHING_DONE = 0, 1, 2
"""Exit statuses."""
INTERRUPTED = 130


def main() -> None:
    """The ``tagonaut`` program."""
    # PyTorch's threads spin while they wait for one another; where anything else wants a core, and
    # our own decoders and ExifTool do, each layer then waits for the scheduler. Asleep, they yield.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    # Pillow's remarks on damaged metadata are no news to a person with a folder of photos.
    warnings.filterwarnings("ignore", module="PIL")
    from tagonaut.cli.app import app
    from tagonaut.errors import TagonautError

    try:
        app()
    except TagonautError as error:
        sys.exit(_told(str(error)))
    except SystemExit as ended:
        # Typer turns ctrl-C into this status, without a word.
        sys.exit(_told("stopped") if ended.code == INTERRUPTED else ended.code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(NOTHING_DONE)
    except OSError as error:
        sys.exit(_told(f"{error.filename or 'the system'}: {error.strerror or error}"))


def _told(message: str) -> int:
    sys.stderr.write(f"tagonaut: {message}\n")
    return NOTHING_DONE
