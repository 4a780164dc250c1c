"""Looking into a network: what it is made of, what it computes, what ails it."""

from sknn.inspection.diagnose import diagnose
from sknn.inspection.summary import summary
from sknn.inspection.tracing.trace import trace

__all__ = ["diagnose", "summary", "trace"]
