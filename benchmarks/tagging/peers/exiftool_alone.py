"""ExifTool at its best: a process a core, each with its share of all files, both tags at once.

Neither looked at before, nor read back, nor compared, nor on the disk for certain, nor noted down.
"""

import os
import subprocess
from pathlib import Path

from conversation import Prepare, Work, serve

TAGS = ("bare-soil", "buildings")


def load() -> Prepare:
    """Nothing."""

    def prepare(paths: list[str], folder: Path) -> Work:
        cores = len(os.sched_getaffinity(0))
        command = ["exiftool", "-q", "-overwrite_original", *[f"-Keywords+={tag}" for tag in TAGS]]
        shares = [share for share in (paths[at::cores] for at in range(cores)) if share]

        def work() -> None:
            running = [
                subprocess.Popen([*command, "-@", "-"], stdin=subprocess.PIPE) for _ in shares
            ]
            for process, share in zip(running, shares, strict=True):
                assert process.stdin
                process.stdin.write("\n".join(share).encode())
                process.stdin.close()
            ended = [process.wait() for process in running]
            assert not any(ended), ended

        return work

    return prepare


if __name__ == "__main__":
    serve(load)
