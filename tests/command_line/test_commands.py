"""A full disk ends in one plain sentence, whoever met it."""

from __future__ import annotations

import errno

import duckdb
import pytest
from click.testing import CliRunner

from clv.__main__ import main
from tests.conftest import SAMPLE_ORDERS

FULL = {
    "a file": OSError(errno.ENOSPC, "No space left on device"),
    "a quota": OSError(errno.EDQUOT, "Disk quota exceeded"),
    "the engine": duckdb.IOException('IO Error: Could not write file "x": No space left on device'),
    "what outgrew memory": duckdb.OutOfMemoryException(
        "Out of Memory Error: failed to offload data block of size 256.0 KiB.\n"
        "This limit was set by the 'max_temp_directory_size' setting."
    ),
    "no folder at all": FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']"),
}
PLACES = (
    "clv.command_line.reading.read_shop",
    "clv.ingest.source.read_plain_text",
    "clv.history.engine.to_arrow",
)


def run_failing(place: str, error: BaseException):
    def fail(*_arguments: object, **_settings: object):
        raise error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, fail)
        return CliRunner().invoke(main, ["score", str(SAMPLE_ORDERS)])


@pytest.mark.parametrize("met", FULL)
def test_a_full_disk(met: str):
    result = run_failing("clv.command_line.reading.read_shop", FULL[met])
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "the disk is full" in result.stderr


@pytest.mark.parametrize("place", PLACES)
def test_whoever_met_it(place: str):
    result = run_failing(place, FULL["what outgrew memory"])
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "the disk is full" in result.stderr


def test_a_mistake_of_the_program_is_no_full_disk():
    error = OSError(errno.EIO, "Input/output error")
    assert run_failing("clv.command_line.reading.read_shop", error).exception is error
