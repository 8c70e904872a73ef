"""The parts of `tool_speed.py` and `scaling.py`, one file a contender."""
