"""What runs the computation of a transformer: torch, ONNX Runtime or OpenVINO."""
