"""The table of mutations stays true to the code; ``mutations.py`` itself is run by hand."""

import mutations


def test_every_mutation_has_its_place_and_tests_that_are_there():
    table = list(mutations.mutations(""))
    assert len(table) >= 30
    misplaced = [
        (file, old)
        for file, _, old, _ in table
        if (mutations.ROOT / "sknn" / file).read_text().count(old) != 1
    ]
    assert misplaced == []
    names = {name for _, tests, _, _ in table for name in tests}
    missing = [name for name in names if not (mutations.ROOT / f"tests/test_{name}.py").exists()]
    assert missing == []
