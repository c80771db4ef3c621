"""What a relay and those who speak with it agree on."""

from __future__ import annotations

SOCKET = "relay.sock"  # beside the pointer
POINTER = "serving.json"
BACKEND = "backend"  # the field of the pointer that names the server's port
VERSION = "1"  # of the relay and of its words: another one is started anew
HOLD_S = 30.0  # no longer are requests held back, whatever becomes of the one who asked for it
WAIT_S = 10.0  # for a server that cannot be reached: one that is started anew
