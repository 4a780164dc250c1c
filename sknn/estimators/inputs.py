"""What scikit-learn's validation lets pass, or stumbles over, but no network can learn from."""

import numpy as np

KINDS = {"M": "dates", "m": "time spans", "T": "strings of NumPy's StringDType"}
REMEDIES = {
    "dates": "Make them numbers, such as days since a first date.",
    "time spans": "Make them numbers, such as hours.",
    "strings of NumPy's StringDType": "Pass them as an array of objects, or encode them.",
}


def refuse_no_numbers(**arrays):
    """Raises ValueError on dates, time spans, StringDType and masked entries, by name.

    Dates would be taken as nanoseconds, and the numbers under a mask as if there were none.
    """
    for name, array in arrays.items():
        found = _kind(array)
        if found:
            raise ValueError(f"{name} must be numbers or labels, got {found}. {REMEDIES[found]}")
        if np.ma.is_masked(array):
            raise ValueError(
                f"{name} has {np.ma.count_masked(array)} masked entries. Fill them, for instance "
                "with SimpleImputer on array.filled(numpy.nan), or leave those samples out."
            )


def _kind(array):
    """The one of KINDS that an array, a series or a column of a frame holds, or None."""
    dtypes = getattr(array, "dtypes", None)
    dtypes = [getattr(array, "dtype", None)] if dtypes is None else np.atleast_1d(dtypes)
    for dtype in dtypes:
        if getattr(dtype, "kind", None) in KINDS:
            return KINDS[dtype.kind]
        is_temporal = getattr(dtype, "is_temporal", None)  # as polars has it
        if is_temporal is not None and is_temporal():
            return "dates"
    return None
