"""The command line: reads arguments, asks the reconciler, shows what it says."""
