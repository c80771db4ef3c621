"""The suite is tried itself: a driver with one fault breaks the law that is meant, and no other.

Other laws are those of the same rooms: what a driver does there, it does there only.
"""

from __future__ import annotations

import pytest
from fault_table import FAULTS, Fault, Faulty
from leftovers import end_processes
from subjects import paper_in

from reconciler.testing.conformance import LAWS, run
from reconciler.testing.laws import ROOMS

_SLOW = "a gsctl that dies within a step loses nothing"  # a process for each step


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_breaks_the_law_that_is_meant(fault: Fault, tmp_path) -> None:
    meant = set(fault.breaks)
    rooms = [laws for laws in ROOMS.values() if meant & {law.name for law in laws}]
    laws = [law for laws in rooms for law in laws if law.name in meant or law.name != _SLOW]
    if fault.wide:
        laws = [law for law in laws if law.name == fault.breaks[0]]
    report = run(paper_in(fault.mode, Faulty(fault.kind)), laws, tmp_path)
    end_processes(tmp_path)  # a driver with a fault may leave what it started
    assert set(report.broken) - set(fault.perhaps) == meant, report


def test_nearly_every_law_is_broken_by_some_fault() -> None:
    broken = {name for fault in FAULTS for name in fault.breaks}
    assert broken <= {law.name for law in LAWS}
    assert len(broken) > 30
