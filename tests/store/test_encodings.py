"""Files in the encodings of the time before UTF-8."""

from __future__ import annotations

from time import process_time

import pytest

from rilo_reader.store.encoding import WESTERN, decode, guess_encoding
from tests.support.for_each import for_each
from tests.support.shared import Data, corpus, samples

CHINESE = "# 海关新闻\n\n这是关于象牙走私的新闻报道，内容是中文。\n"
TAIWANESE = "# 海關新聞\n\n這是關於象牙走私的新聞報導，內容是中文。\n"
JAPANESE = "# 税関の記事\n\n象牙の密輸に関するニュースです。カタカナもあります。\n"
KOREAN = "# 세관 기사\n\n상아 밀수에 관한 뉴스입니다. 한국어로 쓰였습니다.\n"
RUSSIAN = "# Новости таможни\n\nЭто новость о контрабанде слоновой кости.\n"
THAI = "# ข่าวศุลกากร\n\nเจ้าหน้าที่ตรวจพบการลักลอบนำเข้างาช้าง ที่ท่าเรือ\n"


@for_each(
    "text, codec, name",
    [
        (CHINESE, "gbk", "GB18030"),
        (TAIWANESE, "big5", "Big5"),
        (JAPANESE, "shift_jis", "CP932"),
        (JAPANESE, "euc_jp", "EUC-JP"),
        (KOREAN, "euc_kr", "CP949"),
        (RUSSIAN, "cp1251", "Windows-1251"),
        (RUSSIAN, "koi8_r", "KOI8-R"),
        (THAI, "tis_620", "CP874"),
        ("# Grüße\n\nÜber Käse und naïve Cafés, äöüß.\n", "latin-1", "Windows-1252"),
        ("It’s — “so”…\n", "cp1252", "Windows-1252"),
    ],
)
def test_older_encodings_are_read_and_named(text: str, codec: str, name: str) -> None:
    read, fault = decode(text.encode(codec))
    assert read == text
    assert fault is not None
    assert f"read as {name}." in fault.reason


ARTICLES = [
    ("zh_cn", "gbk"),
    ("zh_tw", "big5"),
    ("ja", "cp932"),
    ("ja", "euc_jp"),
    ("ko", "cp949"),
    ("ru", "cp1251"),
    ("ru", "koi8_r"),
    ("de", "latin-1"),
    ("fr", "cp1252"),
    ("es", "latin-1"),
    ("pt", "latin-1"),
    ("pl", "cp1250"),
    ("pl", "iso8859-2"),
    ("tr", "cp1254"),
]


@pytest.mark.parametrize(
    ("data", "site", "folder", "codec"),
    [
        *((samples, "languages", *row) for row in ARTICLES if row[0] not in ("pt", "pl", "tr")),
        *(
            pytest.param(corpus, "ruby-lang-news", *row, marks=pytest.mark.corpus)
            for row in ARTICLES
        ),
    ],
)
def test_the_encoding_of_real_articles_is_told(
    data: Data, site: str, folder: str, codec: str
) -> None:
    wrong: list[str] = []
    tried = 0
    for path in sorted((data("md") / site / folder).rglob("*.md")):
        text = path.read_text(encoding="utf-8", errors="replace")
        encoded = text.encode(codec, errors="ignore")
        if sum(byte > 0x7F for byte in encoded) >= 8:
            tried += 1
            found = guess_encoding(encoded)
            if encoded.decode(found.codec, errors="replace") != encoded.decode(codec):
                wrong.append(f"{path.name}: {found}")
    assert tried > 50 or (data is samples and tried)
    assert not wrong


def test_looking_for_letters_takes_no_time_in_plain_text() -> None:
    begun = process_time()
    assert guess_encoding(b"a " * 500_000 + b"caf\xe9 ") == WESTERN
    assert process_time() - begun < 2
