"""Export of fitted networks to ONNX, which runs without Python."""

from sknn.onnx.export import to_onnx
from sknn.onnx.registration import register

__all__ = ["register", "to_onnx"]
