"""Tests of what computes: torch, ONNX Runtime, OpenVINO, in each precision."""
