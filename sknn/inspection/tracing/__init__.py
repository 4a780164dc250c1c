"""One step of training, with every number on the way kept."""
