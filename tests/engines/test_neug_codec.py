"""Laws of the names that hold our record."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.copies.marks import Unreadable
from reconciler.engines.neug.codec import PREFIX, _bytes, decode


@given(st.binary(min_size=1, max_size=300))
def test_base32_is_read_as_the_standard_library_reads_it(data):
    assert _bytes(base64.b32encode(data).decode().rstrip("=")) == data


@pytest.mark.parametrize("text", ["", "A_B", "+A", " A", "A=", "ÄÖ", "PDOA", "pdoa", "!"])
def test_what_is_no_record_of_ours_is_unreadable_and_no_crash(text):
    with pytest.raises(Unreadable):
        decode([f"{PREFIX}1_1_{text}"])
