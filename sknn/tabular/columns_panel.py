"""The columns of a table, in the panel with which notebooks show an estimator."""

from sknn.estimators.panel.charts import chart
from sknn.estimators.panel.html import NetworkPanel
from sknn.estimators.panel.markup import note, table

MOST = 200  # columns that are listed


class ColumnsPanel(NetworkPanel):
    """Adds to scikit-learn's panel how each column is encoded, and how the members trained."""

    def _panel_content(self):
        if not hasattr(self, "_encoding"):
            return note("Call fit to see how each column is encoded.")
        texts = self._encoding.fed_in()
        names = getattr(self, "feature_names_in_", range(len(texts)))
        rows = [(str(name), text) for name, text in zip(names[:MOST], texts[:MOST], strict=True)]
        more = len(texts) - len(rows)
        return (
            table(("Column", "Encoded as"), rows, n_texts=2)
            + (note(f"and {more:,} more column{'s' * (more > 1)}") if more else "")
            + note(self._summary_of_members())
            + f'<div class="sknn-charts">{self._charts()}</div>'
        )

    def _summary_of_members(self):
        score = "" if self.oof_score_ is None else f", out-of-fold score {self.oof_score_:.3f}"
        n_inputs = self._model.network.shapes[0][0]
        members = "1 member" if self.n_members_ == 1 else f"{self.n_members_} members"
        inputs = "1 input" if n_inputs == 1 else f"{n_inputs:,} inputs"
        return f"{members} on {inputs}{score}"

    def _charts(self):
        """Means over members, by epoch."""
        mean = {name: values.mean(axis=1).tolist() for name, values in self.history_.items()}
        losses = {"training": mean["loss"], "validation": mean["validation_loss"]}
        scores = {"": mean["validation_score"]}
        return chart("Loss", losses, "epoch") + chart("Validation score", scores, "epoch")
