"""Tests of benchmark/interchange."""
