"""Drivers with one fault each, and the laws that each breaks: the one that is meant first."""

from __future__ import annotations

from dataclasses import dataclass

import driver_faults
import making_faults
import serving_faults

from reconciler.testing.paper import TRAITS
from reconciler.testing.paper.engine import Paper


@dataclass(frozen=True)
class Faulty:
    """A plugin whose driver has a fault."""

    kind: type
    TRAITS = TRAITS

    def driver(self, floor) -> Paper:
        driver = self.kind(floor) if issubclass(self.kind, Paper) else Paper(floor)
        if issubclass(self.kind, driver.making):
            driver.making = self.kind
        elif issubclass(self.kind, driver.serving):
            driver.serving = self.kind
        return driver


@dataclass(frozen=True)
class Fault:
    """`wide`: whatever looks after a step says so too, and only the law that is meant is asked.

    `perhaps` are laws that break it or not, by which of two threads is first.
    """

    kind: type
    breaks: tuple[str, ...]
    mode: str = "embedded"
    wide: bool = False
    perhaps: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.kind.__name__


FAULTS = [
    Fault(making_faults.LosesRows, ("rows come back as they went in",)),
    Fault(making_faults.AltersValues, ("rows come back as they went in",)),
    Fault(making_faults.IgnoresDrops, ("a dropped property takes no other along",)),
    Fault(
        making_faults.RenamesWithoutValues,
        ("a renamed property keeps its values", "names may be exchanged"),
    ),
    Fault(making_faults.ShiftsColumns, ("an added property leaves the others",)),
    Fault(making_faults.DropsTooMuch, ("types come and go beside others",)),
    Fault(making_faults.CutsRecords, ("a record comes back whole",)),
    Fault(
        making_faults.RecordsLate,
        (
            "an engine that dies between steps loses nothing",
            "a step may be repeated by another run",
            "without the lease nothing is written",
        ),
    ),
    Fault(making_faults.SharesItsBase, ("a base is left untouched",)),
    Fault(making_faults.CountsNothing, ("rows that are missing are found",)),
    Fault(making_faults.RunsNoTests, ("procedures are tried before they are published",)),
    Fault(
        making_faults.FillsTwice,
        ("a step done twice is done once", "a step may be repeated by another run"),
    ),
    Fault(
        making_faults.BuildsOnTop,
        ("a step done twice is done once", "a step may be repeated by another run"),
    ),
    Fault(making_faults.DropsEdgesInSilence, ("an edge to nowhere is refused",)),
    Fault(
        making_faults.TakesTheFirst,
        ("a key that comes twice is refused", "all faults of a type are told at once"),
    ),
    Fault(making_faults.ExpectsNothing, ("fewer rows than expected are refused",)),
    Fault(making_faults.AllowsManyEdges, ("more edges than the multiplicity are refused",)),
    Fault(making_faults.StopsAtTheFirst, ("all faults of a type are told at once",)),
    Fault(
        making_faults.KeepsItsLock,
        ("a session that is left lets others in", "a failed run leaves nothing running either"),
    ),
    Fault(
        making_faults.LeavesAProcess,
        ("a closed driver leaves nothing running", "a failed run leaves nothing running either"),
    ),
    Fault(
        making_faults.LeavesFiles,
        ("a closed driver leaves nothing running", "a failed run leaves nothing running either"),
    ),
    Fault(making_faults.AsksNobody, ("without the lease nothing is written",)),
    Fault(
        serving_faults.DoesNotWait,
        ("a switch is done when the new copy answers",),
        "served",
        wide=True,
    ),
    Fault(
        serving_faults.DoesNotGoBack,
        (
            "a server that does not come up leaves the old one",
            "a first server that does not come up publishes nothing",
        ),
        "served",
    ),
    Fault(
        serving_faults.HoldsNothing,
        ("a server that does not come up leaves the old one",),
        "served",
    ),
    Fault(serving_faults.StopsFirst, ("a port that others have stops nothing",), "served"),
    Fault(serving_faults.RestartsForAMark, ("a mark changes no copy and no process",), "served"),
    Fault(serving_faults.LeavesWritesBehind, ("what was written meanwhile is not left behind",)),
    Fault(serving_faults.ForgetsThePrevious, ("going back brings the copy before",)),
    Fault(serving_faults.RemovesAll, ("a copy that goes takes no other along",)),
    Fault(serving_faults.RemovesWhatAnswers, ("a copy that answers does not go",)),
    Fault(serving_faults.KeepsACopy, ("what makes room keeps its name",)),
    Fault(
        serving_faults.ForgetsItsPort,
        ("what makes room keeps its name", "what was written since the plan does not make room"),
        "served",
    ),
    Fault(serving_faults.ClearsUnseen, ("what was written since the plan does not make room",)),
    Fault(serving_faults.RemovesNeighbours, ("a graph that goes takes no other along",)),
    Fault(serving_faults.LeavesALink, ("a graph that goes takes no other along",)),
    Fault(
        serving_faults.LeavesItsServer,
        ("what is destroyed leaves nothing", "a graph that goes takes no other along"),
        "served",
    ),
    Fault(serving_faults.PointsWithoutLease, ("without the lease nothing is written",)),
    Fault(
        serving_faults.MarksAnother,
        ("a server carries what it was started with",),
        "served",
        wide=True,
    ),
    Fault(
        driver_faults.TakesUnknownForAbsent,
        ("what is damaged is unknown and never absent", "what others hold open is unknown"),
    ),
    Fault(driver_faults.TakesNoMarkForNobodys, ("what is damaged is unknown and never absent",)),
    Fault(driver_faults.TakesAllForOurs, ("what others own is not ours",)),
    Fault(driver_faults.SeesNoStrangers, ("what is not ours stays",)),
    Fault(driver_faults.RemovesStrangers, ("what is not ours stays",)),
    Fault(driver_faults.RemovesGraphs, ("an engine with graphs in it does not go",)),
    Fault(
        driver_faults.LocksWhatItSees,
        (
            "looking disturbs no writer",
            "a copy that is not finished does not answer",
        ),
        perhaps=("many may look at once",),
    ),
    Fault(driver_faults.NotesItsLooks, ("looking writes nothing at all",)),
    Fault(driver_faults.ForgetsProtection, ("an engine is seen as it was wished",)),
    Fault(driver_faults.CountsByTheRecord, ("rows that no load brought are counted too",)),
    Fault(driver_faults.CountsNoValues, ("values that no load feeds are counted",)),
    Fault(
        driver_faults.ExportsWithoutNulls,
        (
            "rows come back as they went in",
            "what no column feeds is zero",
            "an append goes to the right columns",
        ),
    ),
    Fault(driver_faults.ExportsBooleansItsWay, ("an export loads again",)),
    Fault(driver_faults.AnswersAll, ("a graph can be asked",)),
    Fault(driver_faults.TellsNoMore, ("a graph can be asked",)),
    Fault(driver_faults.WritesWhatItIsAsked, ("a question writes nothing",)),
    Fault(driver_faults.FindsNoFaults, ("queries are judged without a graph",)),
    Fault(driver_faults.SaysNothing, ("statements tell what would be done",)),
    Fault(driver_faults.AnswersElsewhere, ("a graph tells where it answers",)),
    Fault(driver_faults.SwallowsFailures, ("a key that comes twice is refused",), wide=True),
]
