"""How things look: text for people, JSON for programs. Nothing here decides."""
