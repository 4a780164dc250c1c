"""Looking into a network: what it is made of, what it computes, what ails it."""

from sknn.inspection.summary import summary

__all__ = ["summary"]
