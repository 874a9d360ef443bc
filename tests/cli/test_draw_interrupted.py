"""Ctrl-C while other processes draw."""

import os
import signal
import subprocess
import sys
import time

# A shell's background jobs ignore ctrl-C, and what they start would too.
PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from tagonaut.cli import main
main()
"""


def test_ctrl_c_ends_every_process_and_says_so(tmp_path):
    pictures = tmp_path / "new" / "images"
    words = ("draw", tmp_path / "new", "--kind", "chips", "--pictures", "200000")
    drawing = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for _ in range(600):
            if pictures.is_dir() and any(pictures.iterdir()):
                break
            time.sleep(0.1)
        os.killpg(drawing.pid, signal.SIGINT)
        _, told = drawing.communicate(timeout=60)
    finally:
        drawing.kill()
    # All have closed their end of standard error, or communicate would still wait.
    assert drawing.returncode == 130
    assert told == "tagonaut: stopped\n"
