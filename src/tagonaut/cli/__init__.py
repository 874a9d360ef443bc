"""The command line: one thin module per command, which parses, calls a workflow and prints."""

import os
import sys
import warnings
from typing import NoReturn

from tagonaut.cli.status import INTERRUPTED, NOTHING_DONE


def main() -> None:
    """The ``tagonaut`` program."""
    # PyTorch's threads spin while they wait for one another; where anything else wants a core, and
    # our own decoders and ExifTool do, each layer then waits for the scheduler. Asleep, they yield.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    # Pillow's remarks on damaged metadata are no news to a person with a folder of photos.
    warnings.filterwarnings("ignore", module="PIL")
    from tagonaut.errors import Interrupted, TagonautError

    try:
        from tagonaut.cli.app import app

        app()
    except KeyboardInterrupt:
        _end(INTERRUPTED, "stopped")
    except Interrupted as error:
        _end(INTERRUPTED, str(error))
    except TagonautError as error:
        _end(NOTHING_DONE, str(error))
    except SystemExit as ended:
        # Typer turns ctrl-C into this status, without a word.
        if ended.code == INTERRUPTED:
            _end(INTERRUPTED, "stopped")
        raise
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(NOTHING_DONE)
    except OSError as error:
        _end(NOTHING_DONE, f"{error.filename or 'the system'}: {error.strerror or error}")


def _end(status: int, message: str) -> NoReturn:
    from tagonaut.cli.output import plain

    lines = "\n".join(map(plain, message.split("\n")))
    sys.stderr.write(f"tagonaut: {lines}\n")
    sys.exit(status)
