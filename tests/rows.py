"""Batteries of rows that cost microseconds, where a test for each would cost more than the row."""

import inspect
from functools import wraps


def in_turn(names, rows):
    """Like pytest.mark.parametrize, but one test goes through all rows; a failure notes its row.

    For tests without fixtures that a row changes. Of rows that are a dict the keys are noted.
    """
    names = [name.strip() for name in names.split(",")]
    values = list(rows.values() if isinstance(rows, dict) else rows)
    labels = list(rows)
    values = [tuple(row) if len(names) > 1 else (row,) for row in values]
    assert values  # a battery without rows would pass

    def decorate(test):
        signature = inspect.signature(test)

        @wraps(test)
        def all_rows(**fixtures):
            for label, row in zip(labels, values, strict=True):
                try:
                    test(**fixtures, **dict(zip(names, row, strict=True)))
                except Exception as error:
                    error.add_note(f"{', '.join(names)}: {label!r}")
                    raise

        left = [own for name, own in signature.parameters.items() if name not in names]
        assert len(left) == len(signature.parameters) - len(names)
        all_rows.__signature__ = signature.replace(parameters=left)
        return all_rows

    return decorate
