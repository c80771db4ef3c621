"""A source that is bound to a tenant, and the Tenants that are declared."""

from __future__ import annotations

from pathlib import Path

import pytest
from source_repository import ENGINE, PROJECT, desired, said, write

from reconciler.source.folder import Folder

TENANT = "\n---\nkind: Tenant\nmetadata: {name: shop}\nspec: {}\n"


@pytest.mark.parametrize(
    ("tenant", "says"),
    [
        ("shop", []),
        ("default", []),
        ("shp", ["RF101 theirs/a.yaml:2:11 there is no Tenant `shp` [did you mean `shop`?]"]),
        ("Ledger", ["SC103 theirs/a.yaml:2:11 `Ledger` cannot be a tenant [the root has a thing of that name]"]),
    ],
)  # fmt: skip
def test_its_tenant_must_be_one_that_there_is(tmp_path: Path, tenant: str, says: list[str]) -> None:
    mine = write(tmp_path / "mine", {"gsctl.yaml": PROJECT + TENANT})
    theirs = write(tmp_path / "theirs", {"a.yaml": ENGINE})
    folders = (Folder(mine, "mine/"), Folder(theirs, "theirs/", tenant))
    assert said(desired(tmp_path, folders=folders)) == says
