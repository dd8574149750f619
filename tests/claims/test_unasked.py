"""What may be called false where nobody asked: nothing that is so, open, asked, or about something else."""

import json
from pathlib import Path

import pytest

from bot.dossier.models import Dossier, Language
from bot.platforms import plain_text
from bot.reader import GroupSettings
from bot.replies.answer import Asked
from bot.subscriptions.settings_panel import CHAT_SETTINGS
from tests.conftest import TODAY, loaded, shipped
from tests.tables import table

TESTS = Path(__file__).parent.parent
SETS = TESTS / "evaluation" / "claims"


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return shipped()


def dossier_named(name: str) -> Dossier:
    return shipped() if name == "shipped" else loaded(TESTS / "dossiers" / name)


def is_called_false(dossier: Dossier, text: str, language: str) -> bool:
    return Asked(dossier, Language(language), TODAY).check(text).is_false_unasked


@pytest.mark.parametrize("name", ["develop", "earlier", "third", "fourth", "fifth", "seventh"])
def test_no_claim_that_is_so_or_open(dossier: Dossier, name: str) -> None:
    rows = [json.loads(line) for line in (SETS / f"{name}.jsonl").read_text().splitlines()]
    others = [row for row in rows if row["expect"] != "contradicts"]
    assert len(others) > 50
    assert [row["claim"] for row in others if is_called_false(dossier, row["claim"], row["language"])] == []


def test_forwards(dossier: Dossier) -> None:
    """What people forward, with the calls that stand around it: of 100 declared sentences with another value two in three; nothing else."""
    rows = [json.loads(line) for line in (SETS / "forwards.jsonl").read_text().splitlines()]
    read = [row for row in rows if row["language"] in dossier.languages]
    called = [row for row in read if is_called_false(dossier, row["text"], row["language"])]
    assert [row["text"] for row in called if row["kind"] != "line"] == []
    assert len(called) >= 77


def test_of_100_forwards_as_many_get_a_line_as_the_panel_says() -> None:
    """Sentences drawn from six dossiers with another value, in openings and endings that were set aside before anything was written for them.

    Of those that /check decides without them, at most one in ten gets none.
    """
    rows = [json.loads(line) for line in (SETS / "forwards-dossiers.jsonl").read_text().splitlines()]
    blind, seen = ([row for row in rows if row["kind"] == kind] for kind in ("blind", "seen"))
    called = [
        sum(is_called_false(dossier_named(r["dossier"]), r["text"], r["language"]) for r in s) for s in (blind, seen)
    ]
    panels = [CHAT_SETTINGS["forwards"].panel(Language(each), GroupSettings()) for each in ("en", "id", "es", "ru")]
    assert [f" {called[0]}" in plain_text.render(panel) for panel in panels] == [True] * 4
    assert called[1] >= 82


@table("text, language, expected")
def test_examples(dossier: Dossier, text: str, language: str, expected: bool) -> None:
    """
    The memorandum lasts ten years | en | true
    Attention!!! The memorandum lasts ten years. Forward this to everyone | en | true
    Breaking news: MoU berlaku sepuluh tahun. Viralkan | id | true
    Переслано: Меморандум действует десять лет | ru | true
    It lasts ten years | en | false
    Berlaku sepuluh tahun | id | false
    Is it true that the memorandum lasts ten years? | en | false
    They say the memorandum lasts ten years | en | false
    Katanya MoU berlaku sepuluh tahun | id | false
    Говорят, меморандум действует десять лет | ru | false
    The memorandum lasts ten years. Just kidding. | en | false
    If the memorandum lasts ten years, fine | en | false
    The memorandum lasts five years | en | false
    "Yeah right, the memorandum lasts ten years 😂" | en | false
    Repost from the family group 👇👇 the memorandum lasts ten years, please share with all your friends | en | true
    Dari grup sebelah: MoU berlaku sepuluh tahun 😱 tolong sebarkan | id | true
    Из соседней группы: меморандум действует десять лет, перешлите друзьям | ru | true
    False news from the group: the memorandum lasts ten years | en | false
    Not from the group: the memorandum lasts ten years | en | false
    For all students, the memorandum lasts ten years | en | false
    Hi all: nobody says the memorandum lasts ten years | en | false
    The memorandum lasts ten years 🙏 not | en | false
    The memorandum 🙏 lasts ten years | en | false
    Kata grup sebelah: MoU berlaku sepuluh tahun | id | false
    Hoaks dari grup sebelah: MoU berlaku sepuluh tahun | id | false
    Говорят в чате: меморандум действует десять лет | ru | false
    Фейк из чата: меморандум действует десять лет | ru | false
    """
    assert is_called_false(dossier, text, language) is expected


@table("rule, language, text")
def test_neighbours_get_none(rule: str, language: str, text: str) -> None:
    """
    frame | en | False news from the family chat: the memorandum lasts ten years
    frame | en | Nobody in the group said this: the memorandum lasts ten years
    frame | en | Satire from the group: the memorandum lasts ten years
    frame | en | My uncle: the memorandum lasts ten years
    frame | en | Putin on Telegram: the memorandum lasts ten years
    frame | en | Not from our chat: the memorandum lasts ten years
    frame | en | Old rumour seen on Facebook: the memorandum lasts ten years
    frame | en | Fake message received on WhatsApp: the memorandum lasts ten years
    frame | en | Who sent this to me: the memorandum lasts ten years
    frame | en | Someone told me this: the memorandum lasts ten years
    frame | en | Don't share this: the memorandum lasts ten years
    frame | en | Just a story: the memorandum lasts ten years
    frame | en | Debunked in the group: the memorandum lasts ten years
    frame | id | Hoaks dari grup keluarga: MoU berlaku sepuluh tahun
    frame | id | Kata om saya: MoU berlaku sepuluh tahun
    frame | id | Om saya: MoU berlaku sepuluh tahun
    frame | id | Jangan sebarkan ini: MoU berlaku sepuluh tahun
    frame | id | Katanya dari WA: MoU berlaku sepuluh tahun
    frame | id | Bukan info dari grup kita: MoU berlaku sepuluh tahun
    frame | id | Lelucon grup sebelah: MoU berlaku sepuluh tahun
    frame | id | Siapa yang kirim ini: MoU berlaku sepuluh tahun
    frame | id | Kabar bohong dari Facebook: MoU berlaku sepuluh tahun
    frame | id | Isu di grup RT: MoU berlaku sepuluh tahun
    frame | ru | Фейк из домового чата: меморандум действует десять лет
    frame | ru | Пишут в соседнем чате: меморандум действует десять лет
    frame | ru | Моя тётя: меморандум действует десять лет
    frame | ru | Не пересылайте это: меморандум действует десять лет
    frame | ru | Говорят в вотсапе: меморандум действует десять лет
    frame | ru | Якобы из нашего чата: меморандум действует десять лет
    frame | ru | Слухи из группы: меморандум действует десять лет
    frame | ru | Кто прислал это: меморандум действует десять лет
    frame | ru | Шутка из чата: меморандум действует десять лет
    frame | ru | Никто не отправлял: меморандум действует десять лет
    frame | es | Bulo del grupo: el contrato dura 25 años
    frame | es | Mi cuñado: el contrato dura 25 años
    frame | es | Dicen en el grupo: el contrato dura 25 años
    frame | es | No compartas esto: el contrato dura 25 años
    frame | es | Mentira que me llegó por WhatsApp: el contrato dura 25 años
    frame | es | Según mi primo: el contrato dura 25 años
    frame | es | Nadie me mandó esto: el contrato dura 25 años
    frame | es | Quién mandó esto: el contrato dura 25 años
    frame | es | Broma del grupo: el contrato dura 25 años
    frame | es | Si me llega esto: el contrato dura 25 años
    sign | en | Fake - the memorandum lasts ten years
    sign | en | HOAX| the memorandum lasts ten years
    sign | en | [FALSE] The memorandum lasts ten years
    sign | en | [Joke] The memorandum lasts ten years
    sign | en | The memorandum lasts ten years - not
    sign | en | The memorandum lasts ten years| satire
    sign | en | Putin - the memorandum lasts ten years
    sign | id | Hoaks - MoU berlaku sepuluh tahun
    sign | id | [HOAKS] MoU berlaku sepuluh tahun
    sign | ru | Фейк - меморандум действует десять лет
    sign | ru | [ФЕЙК] Меморандум действует десять лет
    sign | es | Bulo - el contrato dura 25 años
    sign | es | [BULO] El contrato dura 25 años
    tag | en | "The memorandum lasts ten years #fake"
    tag | en | "The memorandum lasts ten years #not"
    tag | en | "The memorandum lasts ten years #MoU #satire"
    tag | en | "The memorandum lasts ten years #breaking #fakenews"
    tag | en | "The memorandum lasts ten years #aprilfools"
    tag | en | "The memorandum lasts ten years #debunked #Russia"
    tag | id | "MoU berlaku sepuluh tahun #hoaks"
    tag | id | "MoU berlaku sepuluh tahun #MoU #bukan"
    tag | id | "MoU berlaku sepuluh tahun #turnbackhoax"
    tag | ru | "Меморандум действует десять лет #фейк"
    tag | ru | "Меморандум действует десять лет #Россия #нет"
    tag | ru | "Меморандум действует десять лет #шутка"
    tag | es | "El contrato dura 25 años #bulo"
    tag | es | "El contrato dura 25 años #contrato #mentira"
    tag | es | "El contrato dura 25 años #maldito_bulo"
    question | en | Is it true that the memorandum lasts ten years?
    question | en | The memorandum lasts ten years?
    question | en | Who says the memorandum lasts ten years?
    question | en | Is it true? No. The memorandum lasts ten years.
    question | en | The memorandum lasts ten years. Really?
    question | en | The memorandum lasts ten years. Is that a joke?
    question | en | The memorandum lasts ten years. Who believes this?
    question | en | The memorandum lasts ten years. Hoax?
    question | en | What if the memorandum lasts ten years? Is it true?
    question | en | The memorandum lasts ten years, right?
    question | en | The memorandum lasts ten years. Is it true? Of course not.
    question | id | Benarkah MoU berlaku sepuluh tahun?
    question | id | MoU berlaku sepuluh tahun. Hoaks?
    question | id | MoU berlaku sepuluh tahun. Kata siapa?
    question | id | MoU berlaku sepuluh tahun. Masa sih?
    question | id | MoU berlaku sepuluh tahun. Benarkah? Tidak.
    question | ru | Правда ли, что меморандум действует десять лет?
    question | ru | Меморандум действует десять лет. Фейк?
    question | ru | Меморандум действует десять лет. Кто это сказал?
    question | ru | Меморандум действует десять лет. Правда? Нет.
    question | ru | Меморандум действует десять лет. Вы серьёзно верите?
    question | es | ¿Es verdad que el contrato dura 25 años?
    question | es | El contrato dura 25 años. ¿Bulo?
    question | es | El contrato dura 25 años. ¿Quién dice eso?
    question | es | El contrato dura 25 años. ¿Es verdad? No.
    question | es | El contrato dura 25 años. ¿En serio se lo creen?
    closing | en | The memorandum lasts ten years, said nobody
    closing | en | The memorandum lasts ten years. Just kidding!
    closing | en | The memorandum lasts ten years. In your dreams!
    closing | en | The memorandum lasts ten years. Don't share!
    closing | en | The memorandum lasts ten years, says my cousin
    closing | en | The memorandum lasts ten years 🙏 not
    closing | id | MoU berlaku sepuluh tahun, kata tetangga
    closing | id | MoU berlaku sepuluh tahun. Bercanda!
    closing | id | MoU berlaku sepuluh tahun. Jangan percaya!
    closing | id | MoU berlaku sepuluh tahun 🙏 bohong
    closing | ru | Меморандум действует десять лет, сказал сосед
    closing | ru | Меморандум действует десять лет. Шучу!
    closing | ru | Меморандум действует десять лет. Не верьте!
    closing | ru | Меморандум действует десять лет. Ага, конечно!
    closing | es | El contrato dura 25 años, dice mi cuñado
    closing | es | El contrato dura 25 años. ¡Es broma!
    closing | es | El contrato dura 25 años. No lo compartan
    closing | es | El contrato dura 25 años. Jajaja
    picture | en | The memorandum lasts ten years 😂
    picture | en | The memorandum lasts ten years 🙄
    picture | en | The memorandum lasts ten years 🤡
    picture | en | The memorandum lasts ten years ❌
    picture | en | 👎 The memorandum lasts ten years
    picture | en | 🧢 The memorandum lasts ten years
    picture | en | The memorandum lasts ten years 🗑
    picture | id | MoU berlaku sepuluh tahun 🤣
    picture | ru | Меморандум действует десять лет 🤥
    picture | es | El contrato dura 25 años 🚫
    picture | es | El contrato dura 25 años 😉
    """
    assert not is_called_false(dossier_named("sotoluna-residuos" if language == "es" else "shipped"), text, language), (
        rule
    )
