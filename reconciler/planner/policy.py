"""Which Policies bear on a thing, and what they come to together with what was applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import reduce

from reconciler.model.key import Key
from reconciler.model.observed import Snapshot
from reconciler.model.plan import Bound, InForce
from reconciler.model.policy import NO_RULES, Heal, PolicySpec, Restraint, Rules, Select, openings
from reconciler.model.resource import Desired
from reconciler.model.units import show_duration
from reconciler.model.wish import EngineWish, GraphWish


@dataclass(frozen=True, slots=True)
class PolicyWish:
    """A Policy as declared."""

    key: Key
    select: Select
    rules: Rules = NO_RULES
    ignore: tuple[str, ...] = ()
    heal: Heal = "fix"

    def bears_on(self, key: Key, labels: Mapping[str, str]) -> bool:
        """Whether it selects a thing: every list that it gives must have it."""
        chosen = self.select
        return (
            key.kind in (chosen.kinds or (key.kind,))
            and key.tenant in (chosen.tenants or (key.tenant,))
            and any(fnmatchcase(key.name, name) for name in chosen.names or ("*",))
            and chosen.labels.items() <= labels.items()
        )


@dataclass(frozen=True, slots=True)
class Policies:
    """All Policies, and the labels of the declared things."""

    wishes: tuple[PolicyWish, ...] = ()
    labels: Mapping[Key, Mapping[str, str]] = field(default_factory=dict)

    def on(self, key: Key) -> Iterator[PolicyWish]:
        """Those that bear on a thing."""
        labels = self.labels.get(key, {})
        return (wish for wish in self.wishes if wish.bears_on(key, labels))

    def rules(self, key: Key) -> Rules:
        """What they come to for a thing: the strictest of each."""
        return reduce(Rules.with_, (wish.rules for wish in self.on(key)), NO_RULES)

    def ignored(self, key: Key) -> frozenset[str]:
        """The paths of a thing that are left as they live."""
        return frozenset(path for wish in self.on(key) for path in wish.ignore)

    @property
    def ignores(self) -> bool:
        """Whether anything of anything is left as it lives."""
        return any(wish.ignore for wish in self.wishes)

    def reports(self, key: Key) -> bool:
        """Whether what changed by itself is only told."""
        return any(wish.heal == "report" for wish in self.on(key))


def policies(desired: Desired) -> Policies:
    """The Policies as declared."""
    wishes = tuple(
        PolicyWish(key, spec.select, rules_of(spec), spec.ignore, spec.heal)
        for key, resource in desired.of("Policy").items()
        if isinstance(spec := resource.spec, PolicySpec)
    )
    labels = {k: r.metadata.labels for k, r in desired.resources.items() if r.metadata.labels}
    return Policies(wishes, labels)


def rules_of(spec: PolicySpec) -> Rules:
    """The rules that one Policy sets."""
    group = tuple(sorted(set(openings(spec))))
    return Rules(spec.approve, (group,) if group else (), spec.suspend)


def part(home: Key, key: Key) -> str:
    """The name of a thing in the restraint of its home: a graph may get another name."""
    return key.kind if key == home else f"{key.kind}/{key.name}"


def graph_rules(found: Policies, wish: GraphWish) -> Mapping[str, Rules]:
    """The rules to be kept with a graph: its own, and those of its loads and procedures."""
    keys = [wish.key, *(load.key for load in wish.loads)]
    keys += [wish.key.sibling("Procedure", name) for name in wish.procedures]
    return _told({part(wish.key, key): found.rules(key) for key in keys})


def engine_rules(found: Policies, wish: EngineWish) -> Mapping[str, Rules]:
    """The rules to be kept with an engine."""
    return _told({"Engine": found.rules(wish.key)})


def _told(rules: Mapping[str, Rules]) -> Mapping[str, Rules]:
    return {name: one for name, one in sorted(rules.items()) if one}


def restraint_of(home: Key, live: Snapshot) -> Restraint:
    """What is kept with a live graph or engine."""
    if home.kind == "Engine":
        engine = live.engines.get(home)
        return engine.restraint if engine else Restraint()
    graph = live.graphs.get(home)
    return graph.pointer.restraint if graph and graph.pointer else Restraint()


def effective(found: Policies, home: Key, key: Key, live: Snapshot) -> Rules:
    """What binds a change: the stricter of what was applied and what is declared.

    What changes a graph's rows or procedures is a change of the graph: its rules hold for them too.
    """
    kept = restraint_of(home, live)
    told = [found.rules(key), found.rules(home), kept.of(part(home, key)), kept.of(home.kind)]
    return reduce(Rules.with_, told, NO_RULES)


def in_force(found: Policies, keys: Iterable[Key]) -> tuple[InForce, ...]:
    """Each Policy in a few words, with the number of things that it bears on."""
    keys = tuple(keys)
    return tuple(
        InForce(str(wish.key), says(wish),
                sum(wish.bears_on(key, found.labels.get(key, {})) for key in keys))
        for wish in found.wishes
    )  # fmt: skip


def says(wish: PolicyWish) -> str:
    """A Policy in words; `nothing` for one that sets nothing."""
    told = [words(wish.rules)] if wish.rules else []
    told += [f"ignore {', '.join(wish.ignore)}"] if wish.ignore else []
    told += ["report drift"] if wish.heal == "report" else []
    return "; ".join(told) or "nothing"


def words(rules: Rules) -> str:
    """Rules in words; `free` for none."""
    told = [f"approve {rules.approve}"] if rules.approve != "never" else []
    told += [
        f"{one.kind} {one.cron} ({one.timezone}) for {show_duration(one.duration_s)}"
        for group in rules.windows
        for one in group
    ]
    told += ["suspended"] if rules.suspend else []
    return "; ".join(told) or "free"


def changed_rules(home: Key, kept: Restraint, wished: Mapping[str, Rules]) -> Iterator[Bound]:
    """How the rules kept with a thing are to change."""
    for name in sorted(kept.rules.keys() | wished.keys()):
        old, new = kept.of(name), wished.get(name, NO_RULES)
        if old != new:
            yield Bound(str(home) if name == home.kind else name, home, old, new)
