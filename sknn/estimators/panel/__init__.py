"""The panel that notebooks show of an estimator: its network as a table, its training as charts."""
