"""A step in a few words, for progress and for explaining a plan."""

from __future__ import annotations

from reconciler.model.catalog_op import (
    AddProperty,
    CatalogOp,
    CreateType,
    DropProperty,
    DropType,
    RenameProperty,
    RenameType,
)
from reconciler.model.step import (
    Act,
    AdoptGraph,
    Amend,
    BuildCopy,
    CarryType,
    ClearGraph,
    CreateEngine,
    ExportType,
    FillType,
    InstallRuntime,
    MarkGraph,
    RemoveCopy,
    RemoveEngine,
    RemoveGraph,
    StartUnit,
    Switch,
    VerifyCopy,
)


def says(act: Act) -> str:  # noqa: C901, PLR0911, PLR0912  one line for each act
    """What a step does, as a person would say it; no full stop."""
    match act:
        case InstallRuntime():
            return f"runtime {act.type} {act.version}"
        case CreateEngine():
            return "create the engine's place" if act.new else "mark the engine"
        case RemoveEngine():
            return "remove the engine's place"
        case BuildCopy() if act.base:
            return f"clone copy {act.base} as {act.copy}" + _told(act.ops)
        case BuildCopy():
            return f"build copy {act.copy}" + _told(act.ops)
        case Amend():
            return "change it while it serves" + _told(act.ops)
        case FillType():
            return f"load {act.load.type} from {act.fill.load}"
        case ExportType():
            return f"read {act.carry.old} from copy {act.copy}"
        case CarryType():
            return f"carry {act.carry.type} over"
        case VerifyCopy():
            return f"verify copy {act.copy}"
        case Switch():
            return f"switch to copy {act.pointer.copy}"
        case AdoptGraph():
            return f"make {act.source} its copy {act.pointer.copy}"
        case MarkGraph():
            return "write its marks"
        case ClearGraph():
            return "stop it and remove its copies"
        case StartUnit():
            return "start its server"
        case RemoveCopy():
            return f"remove copy {act.copy}"
        case RemoveGraph():
            return "remove the graph and its copies"


def _told(ops: tuple[CatalogOp, ...]) -> str:
    if not ops:
        return ""
    told = [_op(op) for op in ops[:4]]
    more = [f"{len(ops) - 4} more"] if len(ops) > 4 else []
    return f" ({', '.join([*told, *more])})"


def _op(op: CatalogOp) -> str:
    match op:
        case CreateType():
            return f"+{op.type}"
        case DropType():
            return f"-{op.type}"
        case AddProperty():
            return f"+{op.type}.{op.name}"
        case DropProperty():
            return f"-{op.type}.{op.name}"
        case RenameProperty():
            return f"{op.type}.{op.old} -> {op.new}"
        case RenameType():
            return f"{op.old} -> {op.new}"
