"""Whatever the file, reading it ends well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ending import Check, checking, failures_among
from fuzzed_files import FuzzedFile, fuzzed_file
from hypothesis import given, settings
from hypothesis import strategies as st

TEN_THOUSAND = [range(start, start + 500) for start in range(0, 10_000, 500)]


@pytest.fixture(scope="module")
def ends_well() -> Iterator[Check]:
    with checking() as check:
        yield check


@pytest.mark.slow
@given(number=st.integers(0, 2**62))
@settings(max_examples=200)
def test_a_damaged_file_ends_well(ends_well: Check, number: int) -> None:
    ends_well(fuzzed_file(number))


@given(content=st.binary(max_size=2_000))
@settings(max_examples=50)
def test_any_bytes_end_well(ends_well: Check, content: bytes) -> None:
    ends_well(FuzzedFile("orders.csv", content, {}))


@pytest.mark.fuzz
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("numbers", TEN_THOUSAND, ids=lambda numbers: f"from {numbers.start}")
def test_ten_thousand_damaged_files_end_well(numbers: range) -> None:
    failed = failures_among(numbers)
    assert not failed, "\n\n".join(failed[:10])
