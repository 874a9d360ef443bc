import importlib.util

import pytest

pytest.importorskip("fsspec", reason="needs tagonaut[ray]")
# Not imported: Ray reads its settings when it is.
if importlib.util.find_spec("ray") is None:
    pytest.skip("needs tagonaut[ray]", allow_module_level=True)
