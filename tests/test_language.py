import subprocess
import sys

import pytest

from stancelib.language import detect_language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "en"),
        ("12345 ...", "en"),
        ("Bonjour.", "en"),
        ("The minister said on Monday that the troops would leave the north of the country.", "en"),
        ("Abdurrahman al-Nour, Fayez Quillari, Jean-Luc Dubois and Giuseppe Bianchi met in Ouadi Haddad.", "en"),
        ("TROOPS OF NORLAND LEAVE THE NORTH AS MINISTERS MEET", "en"),
        ("Die Regierung hat am Montag angekündigt, ihre Truppen aus dem Norden des Landes zurückzuziehen.", "de"),
        ("Le gouvernement a annoncé lundi qu'il retirerait ses troupes du nord du pays.", "fr"),
        ("El gobierno anunció el lunes que retirará sus tropas del norte del país.", "es"),
        ("أعلنت الحكومة يوم الاثنين أنها ستسحب قواتها من شمال البلاد.", "ar"),
        ("Правительство объявило в понедельник, что выведет войска с севера страны.", "ru"),
        ("政府は月曜日、北部から部隊を撤退させると発表した。", "ja"),
    ],
)
def test_languages(text: str, expected: object) -> None:
    assert detect_language(text) == expected


def test_plain_english_needs_no_model() -> None:
    code = (
        "import sys; from stancelib.language import detect_language as d; "
        "print(d('The minister said that the troops of the north would leave.'), 'py3langid' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["en", "False"]
