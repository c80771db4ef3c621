"""Git as a place that documents come from: fetched, never checked out, and believed in nothing."""
