"""Data that several kinds of test use."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

from clv.ingest import OrderFile, read_orders
from clv.shop import Shop, shop_of

PROJECT = Path(__file__).resolve().parents[1]
SHARED_DATA = PROJECT.parent / "shared" / "data"
PATIENCE = 280  # seconds for a run of the app, fewer than pytest's own limit: a shared machine may stand still for minutes
SAMPLE_ORDERS = PROJECT / "sample_data" / "orders.csv"

# Shared machines stall now and then; a slow example is no failure.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")


@pytest.fixture(scope="session", autouse=True)
def _own_data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the app remembers on a machine goes to a folder of the tests, also from processes they start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data-home")))
        yield


def real_file(*parts: str) -> Path:
    """A real file beside the project; the test is skipped where it is not there."""
    path = SHARED_DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the project")
    return path


@pytest.fixture(scope="session")
def cdnow() -> pd.DataFrame:
    """CDNOW 1/10 sample, 39 weeks: frequency, recency, T (weeks), monetary_value; ships inside lifetimes.

    Read from the package's folder, because importing lifetimes warns.
    """
    spec = find_spec("lifetimes")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "datasets"
    frame = pd.read_csv(folder / "cdnow_customers_summary_with_transactions.csv")
    return frame.rename(columns={"x": "frequency", "t_x": "recency", "zbar": "monetary_value"})


@pytest.fixture(scope="session")
def sample_shop() -> Shop:
    """The sample shop, read and summarised once."""
    return shop_of(read_orders([OrderFile(SAMPLE_ORDERS.name, SAMPLE_ORDERS)], currency="EUR"))


@pytest.fixture
def read_rows(tmp_path):
    """Reads order rows given as a CSV text and gives the ingested transactions."""

    def read(text: str, name: str = "orders.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return read_orders([OrderFile(name, path)], currency="EUR")

    return read


# What takes longest, first: a long file begun last would keep one worker busy while the others have nothing left.
LONGEST_FIRST = (
    "tests/browser/",
    "tests/ingest/databases/",
    "tests/app/test_trust.py",
    "tests/app/test_every_page.py",
    "tests/app/",
    "tests/test_command_line.py",
    "tests/validation/",
    "tests/ingest/test_correctness.py",
    "tests/ingest/test_consistency.py",
    "tests/benchmarks/",
    "tests/test_stopping.py",
    "tests/forecast/",
)
SHARED_BY_WORKER = "tests/ingest/databases/"  # its servers take long to start


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives a server and what draws pages, and sort by how long the files take, for any number of workers."""

    def place(item: pytest.Item) -> int:
        path = item.path.as_posix()
        return next((at for at, part in enumerate(LONGEST_FIRST) if part in path), len(LONGEST_FIRST))

    for item in items:
        if SHARED_BY_WORKER in item.path.as_posix():
            item.add_marker(pytest.mark.server)
        if "tests/app/" in item.path.as_posix():
            item.add_marker(pytest.mark.slow)
    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With several workers (make test): a file to a worker, all databases to one, damaged files to whoever is free."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            if SHARED_BY_WORKER in nodeid:
                return SHARED_BY_WORKER
            return nodeid if "damaged_files_end_well[" in nodeid else file

    config.option.loadscopereorder = False  # by our order, not by the number of tests
    return ByFile(config, log)
