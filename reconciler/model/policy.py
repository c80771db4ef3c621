"""Policies: what holds changes back. The kind that people write, and the rules it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt, model_validator

from reconciler.model.fields import Count, Cron, Duration, Model, Timezone
from reconciler.model.units import parse_duration

Approve = Literal["never", "high-risk", "always"]
APPROVALS: tuple[Approve, ...] = ("never", "high-risk", "always")  # loosest first
Heal = Literal["fix", "report"]


class Guard(Model):
    """How much one apply may delete without `--allow-deletes`."""

    max_deletes: Count = 10
    max_delete_percent: Annotated[StrictInt, Field(ge=0, le=100)] = 30


class Select(Model):
    """Which things a Policy bears on: those that fit every list given; without lists all."""

    kinds: tuple[Literal["Engine", "Graph", "Load", "Procedure"], ...] = Field(
        (), description="what a Graph's rules hold for: also its Loads and Procedures"
    )
    names: tuple[str, ...] = Field((), description="names; `*` stands for any characters")
    labels: Mapping[str, str] = Field({}, description="labels that a document must have, all")
    tenants: tuple[str, ...] = Field((), description="whose things")


class Window(Model):
    """A time that comes again: changes are made only then (allow), or not then (deny)."""

    allow: Cron | None = Field(None, description="when it opens, as cron: `0 22 * * 1-5`")
    deny: Cron | None = Field(None, description="when it begins, as cron; deny wins over allow")
    duration: Duration = Field(description="how long it stays open: `4h`")
    timezone: Timezone = Field("UTC", description="an IANA name: `Europe/Berlin`")

    @model_validator(mode="after")
    def _one(self) -> Window:
        if (self.allow is None) == (self.deny is None):
            raise ValueError("give `allow` or `deny`, one of the two")
        return self


class PolicySpec(Model):
    """What holds changes back, or leaves differences alone. Configuration: it has no live thing."""

    select: Select = Field(Select(), description="which things it bears on; unset: all")
    approve: Approve = Field("never", description="which changes wait for `gsctl approve`")
    windows: tuple[Window, ...] = Field((), description="when changes may be made; unset: always")
    suspend: StrictBool = Field(False, description="nothing is changed until this is taken back")
    ignore: tuple[str, ...] = Field(
        (), description="paths below a thing that are left as they live, and listed"
    )
    heal: Heal = Field("fix", description="report: what changed by itself is told and left alone")


# The paths that may be ignored, below each kind; `*` stands for a name.
IGNORABLE: Mapping[str, tuple[str, ...]] = {
    "Engine": ("description", "resources", "resources.cpu", "resources.memory",
               "resources.storage", "options", "options.*"),
    "Graph": ("description", "keepPrevious", "strategy", "writes", "endpoint.port",
              "vertices.*", "vertices.*.properties.*", "edges.*", "edges.*.properties.*"),
    "Procedure": ("description", "query", "parameters", "tests"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Opening:
    """A window, parsed."""

    kind: Literal["allow", "deny"]
    cron: str
    duration_s: int
    timezone: str

    def __str__(self) -> str:
        return f"{self.kind} {self.cron} {self.timezone} for {self.duration_s}s"


@dataclass(frozen=True, slots=True)
class Rules:
    """What binds the changes of one thing. `windows` has a group for each Policy: all must permit.

    Kept on the live thing, so that loosening takes effect one apply later.
    """

    approve: Approve = "never"
    windows: tuple[tuple[Opening, ...], ...] = ()
    suspend: bool = False

    def __bool__(self) -> bool:
        return self != Rules()

    def with_(self, other: Rules) -> Rules:
        """The stricter of the two in every respect."""
        return Rules(
            max(self.approve, other.approve, key=APPROVALS.index),
            tuple(sorted({*self.windows, *other.windows})),
            self.suspend or other.suspend,
        )

    def plain(self) -> dict[str, Any]:
        """As JSON-ready mappings."""
        return asdict(self)

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Rules:
        """The inverse of `plain`. Raises KeyError, TypeError for what are no rules."""
        groups = (tuple(Opening(**one) for one in group) for group in data["windows"])
        return cls(data["approve"], tuple(groups), bool(data["suspend"]))


NO_RULES = Rules()


def openings(spec: PolicySpec) -> tuple[Opening, ...]:
    """The windows of a Policy, parsed."""
    return tuple(
        Opening("allow" if w.allow else "deny", w.allow or w.deny or "",
                parse_duration(w.duration), w.timezone)
        for w in spec.windows
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Suspension:
    """Somebody asked that a thing be left alone. Kept on the live thing."""

    by: str
    since: float  # UTC seconds


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody agreed to one change of one thing, as it was judged then. Used once.

    `digest` is that of the change and of what it was judged on.
    """

    address: str
    digest: str
    by: str
    at: float  # UTC seconds
    expires: float  # UTC seconds


@dataclass(frozen=True, slots=True)
class Restraint:
    """What is kept with a live thing to hold back changes of it.

    `rules` are those of the thing itself by its kind, and those of its parts by their address:
    `Graph`, `Load/packages`.
    """

    rules: Mapping[str, Rules] = field(default_factory=dict)
    suspended: Suspension | None = None

    def of(self, part: str) -> Rules:
        """The rules of the thing itself, by its kind, or of a part, by its address."""
        return self.rules.get(part, NO_RULES)

    def ruled(self, rules: Mapping[str, Rules]) -> Restraint:
        """The same with other rules."""
        return replace(self, rules=rules)

    @classmethod
    def from_plain(cls, data: Mapping[str, Any] | None) -> Restraint:
        """From JSON; nothing where nothing was kept. Raises KeyError, TypeError."""
        if not data:
            return cls()
        who = data["suspended"]
        rules = {address: Rules.from_plain(one) for address, one in data["rules"].items()}
        return cls(rules, Suspension(**who) if who else None)


UNRESTRAINED = Restraint()
