"""Tells people what needs them: one message when it begins, one when it is over."""
