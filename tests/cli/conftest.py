"""The program, run as a person runs it."""

import sys

import pytest

from tagonaut.cli import main


@pytest.fixture
def tagonaut(monkeypatch, capsys):
    """Runs the program as a person does: its exit status, standard output and error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["tagonaut", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return ended.value.code or 0, out, err

    return run
