"""Files for saved models and checkpoints, whose contents are validated before they are used."""
