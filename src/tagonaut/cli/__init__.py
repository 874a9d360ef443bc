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
    sys.unraisablehook = _report_unraisable
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
    except RecursionError:
        _end(NOTHING_DONE, "a file is nested too deeply to be read")
    except BaseException as error:
        # Libraries in Rust make a panic of a ctrl-C that comes while they call Python.
        if type(error).__name__ == "PanicException" and "KeyboardInterrupt" in str(error):
            _end(INTERRUPTED, "stopped")
        raise


def _report_unraisable(raised: "sys.UnraisableHookArgs") -> None:
    """Report as Python does, but not one more ctrl-C while the first one clears up."""
    if not isinstance(raised.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(raised)


def _end(status: int, message: str) -> NoReturn:
    from tagonaut.cli.output import echo

    echo(f"tagonaut: {message}", err=True)
    sys.exit(status)
