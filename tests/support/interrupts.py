"""Processes that tests interrupt."""

import signal


def hears_interrupts() -> None:
    """For `preexec_fn`: what a shell runs in the background is deaf to Ctrl-C, and so are the processes it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
