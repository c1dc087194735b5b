"""Replay: run a recorded call again, with other arguments, and compare."""
