"""Pure nouns: frozen values that every other room speaks in. Touches no world."""
