"""What happens while nobody who leads does it: documents, hands, deaths, clocks, people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model.catalog import Catalog
from reconciler.model.plan import Request
from reconciler.model.step import Amend, RemoveGraph
from reconciler.testing.memory import Graph

from .documents import changed, declared

if TYPE_CHECKING:
    from .story import Story

Event = Callable[["Story"], None]


def other_documents(story: Story) -> None:
    """A graph is written anew, everything is, or all is as it was before."""
    before = story.documents
    choices = (
        lambda: changed(story.chance, before),
        lambda: changed(story.chance, before),
        lambda: declared(story.chance),
        lambda: story.chance.choice(story.history),
        lambda: replace(before, broken=True),
        lambda: replace(before, graphs={}),
        lambda: replace(before, graphs={}, engines={}),
    )
    story.documents = story.chance.choice(choices)()
    story.history.append(story.documents)
    names = ", ".join(str(key) for key in story.documents.graphs)
    story.say(f"documents: {'broken' if story.documents.broken else names or 'empty'}")


def a_death(story: Story) -> None:
    """A server ends, is stopped, or its relay ends."""
    if (graph := _one(story)) and graph.unit:
        how = story.chance.choice(("gone", "lost", "stopped", "relay"))
        if how == "relay":
            graph.relay = None
        else:
            graph.unit = None if how == "gone" else replace(graph.unit, state=how)
        story.say(f"{graph.key}: its server: {how}")


def something_hidden(story: Story) -> None:
    """A place or a graph cannot be looked at for a time."""
    things = sorted(story.world.memory.engines.values(), key=lambda engine: engine.key)
    graphs = story.world.ours()
    if not things:
        return
    what = story.chance.choice(
        [thing.place for thing in things] + [graph.key for graph in graphs]
        + [wish.place for wish in story.documents.engines.values()]
    )  # fmt: skip
    story.world.hidden.add(what)
    story.say(f"{what} cannot be seen")


def all_seen(story: Story) -> None:
    """Everything can be looked at again."""
    story.world.hidden.clear()
    story.say("everything can be seen")


def a_write(story: Story) -> None:
    """A client writes rows into what answers."""
    graph = _one(story)
    copy = graph and graph.copies.get(graph.pointer.copy)
    if graph is None or copy is None or _changed_online(story, graph):
        return
    types = sorted(name for name, _ in copy.catalog.types())
    if types:
        type_ = story.chance.choice(types)
        copy.write(type_, story.chance.randint(1, 3))
        story.say(f"{graph.key}: a client writes to {type_}")


def a_hand(story: Story) -> None:
    """Somebody changes by hand what answers: a property or a type goes, or a setting."""
    graph = _one(story)
    copy = graph and graph.copies.get(graph.pointer.copy)
    if graph is None or copy is None:
        return
    if story.chance.random() < 0.3:
        settings = replace(graph.pointer.settings, description=str(story.chance.random()))
        graph.pointer = replace(graph.pointer, settings=settings)
        story.say(f"{graph.key}: another description, by hand")
        return
    edges = dict(copy.catalog.edges)
    vertices = dict(copy.catalog.vertices)
    if edges:
        name = story.chance.choice(sorted(edges))
        del edges[name]
        copy.forget(name)
    else:
        name = story.chance.choice(sorted(vertices))
        left = {n: t for n, t in vertices[name].properties.items() if n == vertices[name].key}
        vertices[name] = replace(vertices[name], properties=left)
        copy.by_hand = {a: n for a, n in copy.by_hand.items() if not a.startswith(f"{name}.")}
    copy.catalog = Catalog(vertices, edges)
    copy.state += 1
    story.say(f"{graph.key}: {name} is shrunken by hand")


def a_folder_removed(story: Story) -> None:
    """Somebody removes a graph's folder."""
    if graph := _one(story):
        uid = next(uid for uid, g in story.world.memory.graphs.items() if g is graph)
        del story.world.memory.graphs[uid]
        beside = story.world.memory.beside
        for at in [at for at in beside if at[0] == uid]:
            del beside[at]
        story.say(f"{graph.key}: its folder is removed by hand")


def a_clock_jumps(story: Story) -> None:
    """Somebody sets the machine's clock."""
    by = story.chance.choice((-86400.0, -3600.0, -100.0, 100.0, 3600.0, 86400.0))
    story.world.skew += by
    story.say(f"the clock jumps by {by:.0f} s")


def a_curse(story: Story) -> None:
    """Whatever is done to a graph or an engine fails from now on."""
    keys = [graph.key for graph in story.world.ours()] or sorted(story.documents.graphs)
    keys += [key for key in sorted(story.documents.engines) if story.chance.random() < 0.2]
    if keys:
        key = story.chance.choice(keys)
        story.world.cursed.add(key)
        story.say(f"{key}: everything fails from now on")


def a_frail_server(story: Story) -> None:
    """Whatever serves a graph ends as soon as it runs, from now on."""
    if (graph := _one(story)) and graph.unit:
        story.world.frail.add(graph.key)
        graph.unit = None
        story.say(f"{graph.key}: its servers do not live long from now on")


def a_cure(story: Story) -> None:
    """What failed always is whole again."""
    story.world.cursed.clear()
    story.world.frail.clear()


def a_coordinator_dies(story: Story) -> None:
    """Between two turns."""
    who = story.chance.choice(story.pair)
    if not who.paused:
        who.die()
        story.say(f"{who.ground.name} dies")


def other_faults(story: Story) -> None:
    """From now on other things fail."""
    story.faults.draw()


def time_goes_by(story: Story) -> None:
    """Nothing happens, for long."""
    story.let_pass(story.chance.choice((100.0, 700.0)))


def a_command(story: Story) -> None:
    """A person stops the coordinators and goes back, suspends, resumes, or releases a hold."""
    graph = _one(story)
    if graph is None or any(who.paused for who in story.pair):
        return
    for who in story.pair:
        who.die()
    keys = frozenset({graph.key})
    asked = story.chance.choice((
        Request(rollback=keys, targets=keys), Request(suspend=keys, by="me"),
        Request(resume=keys, by="me"), Request(unhold=keys), Request(restart=keys, by="me"),
    ))  # fmt: skip
    story.person(asked)


def _one(story: Story) -> Graph | None:
    graphs = story.world.ours()
    return story.chance.choice(graphs) if graphs else None


def _changed_online(story: Story, graph: Graph) -> bool:
    """Whether somebody is about to change or remove it: what is written then is his who does."""
    return any(
        isinstance(step.act, Amend | RemoveGraph) and step.act.graph.key == graph.key
        for who in story.pair for step in who.ground.steps
    )  # fmt: skip


MEANWHILE: tuple[Event, ...] = (
    other_documents, a_death, something_hidden, all_seen, a_write, a_clock_jumps, time_goes_by,
)  # fmt: skip
EVENTS: tuple[Event, ...] = (
    *MEANWHILE, other_documents, a_death, a_hand, a_hand, a_folder_removed, a_curse,
    a_frail_server, a_cure,
    a_coordinator_dies, other_faults, a_command,
)  # fmt: skip
