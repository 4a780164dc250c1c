"""Export to ONNX: fitted networks that run where there is no Python."""

from sknn.onnx.export import to_onnx
from sknn.onnx.registration import register

__all__ = ["register", "to_onnx"]
