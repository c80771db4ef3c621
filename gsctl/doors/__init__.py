"""What lives is asked through a door: `here` on this machine, `remote` of a coordinator."""
