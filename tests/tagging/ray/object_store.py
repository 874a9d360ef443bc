"""An object store in a folder: keys, whole-object puts, no folders, no renames."""

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from fsspec import AbstractFileSystem


class ObjectStore(AbstractFileSystem):
    """Processes that name the same folder share it."""

    protocol = "objects"
    cachable = False

    def __init__(self, folder: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.folder = Path(folder)
        self.folder.mkdir(exist_ok=True)

    def info(self, path: str, **rest: Any) -> dict[str, Any]:
        path = self._strip_protocol(path)
        file = self._file(path)
        if file.is_file():
            state = file.stat()
            changed = datetime.fromtimestamp(state.st_mtime, UTC)
            told = {"size": state.st_size, "type": "file", "LastModified": changed}
            return {"name": path, **told, "ETag": f"{state.st_mtime_ns}"}
        if any(key.startswith(f"{path}/") for key in self._keys()):
            return {"name": path, "size": 0, "type": "directory"}
        raise FileNotFoundError(path)

    def ls(self, path: str, detail: bool = True, **rest: Any) -> list[Any]:
        path = self._strip_protocol(path)
        below = [key.removeprefix(f"{path}/") for key in self._keys() if key.startswith(f"{path}/")]
        if not below:
            raise FileNotFoundError(path)
        names = sorted({key.partition("/")[0] for key in below})
        return [self.info(f"{path}/{name}") if detail else f"{path}/{name}" for name in names]

    def cat_file(self, path: str, **rest: Any) -> bytes:
        return self._file(path).read_bytes()

    def get_file(self, rpath: str, lpath: str, **rest: Any) -> None:
        Path(lpath).write_bytes(self.cat_file(rpath))

    def pipe_file(self, path: str, value: bytes, **rest: Any) -> None:
        new = self.folder / f".{secrets.token_hex(8)}"
        new.write_bytes(value)
        os.replace(new, self._file(path))  # noqa: PTH105

    def put_file(self, lpath: str, rpath: str, **rest: Any) -> None:
        self.pipe_file(rpath, Path(lpath).read_bytes())

    def rm_file(self, path: str) -> None:
        self._file(path).unlink()

    def _open(self, *values: Any, **named: Any) -> Any:
        raise NotImplementedError("an object is written whole")

    def mv(self, *values: Any, **named: Any) -> Any:
        raise NotImplementedError("objects have no other names")

    def _file(self, path: str) -> Path:
        return self.folder / quote(self._strip_protocol(path), safe="")

    def _keys(self) -> list[str]:
        names = (path.name for path in self.folder.iterdir())
        return [unquote(name) for name in names if not name.startswith(".")]
