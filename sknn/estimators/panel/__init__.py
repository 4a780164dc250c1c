"""The panel of an estimator in notebooks: the layers of the network and charts of the training."""
