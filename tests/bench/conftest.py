"""What the tests of workloads share: one cache for what is compiled, since compiling takes seconds."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def kept_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder that outlives the test."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture
def compile_once(kept_cache: Path, isolation: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Compiled extensions are kept from test to test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(kept_cache))
    return kept_cache
