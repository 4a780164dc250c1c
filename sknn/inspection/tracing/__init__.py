"""One step of training, with all intermediate values."""
