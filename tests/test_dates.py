from datetime import date

import pytest

from stancelib.dates import find_date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("published 2020-02-03 in Norvik", date(2020, 2, 3)),
        ("Feb. 3, 2020", date(2020, 2, 3)),
        ("FEBRUARY 3rd 2020", date(2020, 2, 3)),
        ("3 of February, 2020", date(2020, 2, 3)),
        ("Sept. 30, 2020", date(2020, 9, 30)),
        ("02/23/2020", date(2020, 2, 23)),
        ("23/02/2020", date(2020, 2, 23)),
        ("02/02/2020", date(2020, 2, 2)),
        ("02/03/2020", None),
        ("Feb. 30, 2020", None),
        ("Feb. 3", None),
        ("", None),
    ],
)
def test_dates_with_a_year_are_read_unless_ambiguous(text: str, expected: object) -> None:
    assert find_date(text) == expected
