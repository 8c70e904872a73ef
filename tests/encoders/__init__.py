"""Tests of the encoders: checkpoints in every layout, against plain computations."""
