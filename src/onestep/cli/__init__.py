"""The command line, `onestep`."""
