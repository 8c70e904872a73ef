"""Tests of the road from distinct sentences to one matrix."""
