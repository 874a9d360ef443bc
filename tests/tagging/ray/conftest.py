import pytest

pytest.importorskip("fsspec", reason="needs tagonaut[ray]")
pytest.importorskip("ray", reason="needs tagonaut[ray]")
