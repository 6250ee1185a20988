from __future__ import annotations

import pytest

from features.language import Language, detect


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("This instructor copied my videos and sells them as his own work.", "en"),
        ("THE INSTRUCTOR IS THREATENING ME AND MY FAMILY", "en"),
        ("Der Dozent hat meine Videos gestohlen und verkauft sie unter seinem Namen.", "de"),
        ("O instrutor copiou os meus vídeos e vende-os como se fossem dele.", "pt"),
        ("Преподаватель украл мои видео и продаёт их как свои.", "ru"),
        ("この講師は私の動画を盗んで販売しています。", "ja"),
    ],
)
def test_a_sentence_is_recognised(text: str, code: str) -> None:
    language = detect(text)
    assert language.code == code
    assert 0.5 < language.probability <= 1


@pytest.mark.parametrize("text", ["ok", "pls help", "hello"])
def test_a_few_words_are_judged_with_little_confidence(text: str) -> None:
    assert detect(text).probability < 0.5


@pytest.mark.parametrize("text", ["", "  ", "12345 !!! 99", "😀😀", "[email] [phone]"])
def test_without_words_there_is_no_language(text: str) -> None:
    assert detect(text) == Language("", 0.0)


def test_placeholders_do_not_make_a_text_english() -> None:
    assert detect("Schreib mir " + "[email] [phone] " * 20 + "er hat meine Videos gestohlen").code == "de"


def test_a_megabyte_is_judged_by_its_beginning() -> None:
    assert detect("Der Dozent hat meine Videos gestohlen. " * 30_000).code == "de"
