"""Tools to inspect a network: its layers, its computations, and the likely causes of problems."""

from sknn.inspection.diagnose import diagnose
from sknn.inspection.summary import summary
from sknn.inspection.tracing.trace import trace

__all__ = ["diagnose", "summary", "trace"]
