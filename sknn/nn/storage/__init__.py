"""Files: saved models and checkpoints, which are checked before anything in them is believed."""
