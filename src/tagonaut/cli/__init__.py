"""The command line: one thin module per command, which parses, calls a workflow and prints."""

import os
import sys
from typing import NoReturn

from tagonaut.cli.status import INTERRUPTED, NOTHING_DONE
from tagonaut.cli.terminal import give_up_output, quiet_libraries, show_everything


def main() -> None:
    """The ``tagonaut`` program."""
    # PyTorch's threads spin while they wait for one another; where anything else wants a core, and
    # our own decoders and ExifTool do, each layer then waits for the scheduler. Asleep, they yield.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    sys.unraisablehook = _report_unraisable
    show_everything()
    with quiet_libraries():
        _run()


def _run() -> None:
    from tagonaut.errors import Interrupted, TagonautError

    try:
        from tagonaut.cli.app import app

        try:
            app()
        finally:
            # Here, so that a reader who has left, or a full disk, is an error as any other.
            sys.stdout.flush()
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
        give_up_output()
        sys.exit(NOTHING_DONE)
    except OSError as error:
        give_up_output()
        _end(NOTHING_DONE, f"{error.filename or 'the system'}: {error.strerror or error}")
    except RecursionError:
        _end(NOTHING_DONE, "a file is nested too deeply to be read")
    except BaseException as error:
        # Libraries in Rust make a panic of a ctrl-C that comes while they call Python.
        if type(error).__name__ == "PanicException" and "KeyboardInterrupt" in str(error):
            _end(INTERRUPTED, "stopped")
        # Before standard error is as it was again, for whoever has to mend this.
        sys.excepthook(type(error), error, error.__traceback__)
        sys.exit(1)


def _report_unraisable(raised: "sys.UnraisableHookArgs") -> None:
    """Report as Python does, but not one more ctrl-C while the first one clears up."""
    if not isinstance(raised.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(raised)


def _end(status: int, message: str) -> NoReturn:
    from tagonaut.cli.output import echo

    echo(f"tagonaut: {message}", err=True)
    sys.exit(status)
