"""Where the documents come from, each source at its newest revision that may be followed."""
