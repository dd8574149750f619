"""Learning from presses, tried on every set of questions: half of the questions of each are brought by readers who press what they meant.

15 of 100 press something else, and beside every third question one hand presses something wrong five times. An editor accepts all that is proposed.
Then the learned questions are asked again with their words in another order, and the other half of the questions, by the same writers, on the learned
topics and on all. Run it with ``-s`` to see the figures.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from bot.claims.declared_check import check_declared
from bot.commands import NONE_OF_THESE
from bot.conversation import choice_of
from bot.db.questions import UnansweredCounter
from bot.db.store import Store
from bot.dossier.entries import Key
from bot.dossier.loader import load
from bot.dossier.models import Dossier, Language, Questions, TopicId
from bot.matching.tokenizer import wording
from bot.newsroom.new_example import example_text, new_example
from bot.newsroom.question_groups import alike_by, brought, grouped
from bot.platforms.web.desk.questions import WORDINGS, _declared, proposal_of
from bot.replies.answer import answer, checker_for
from bot.replies.question import AboutTopic, CheckText, Command, FreeText
from bot.replies.question import Question as Asked
from tests.conftest import TODAY
from tests.evaluation.__main__ import load_dossier
from tests.evaluation.claims import _TODAY, ClaimSet
from tests.evaluation.claims import SETS as CLAIM_SETS
from tests.evaluation.questions import SETS, Question, QuestionSet

SEED = 51
WRONG = 0.15
"""Of readers who press: something that they did not mean."""

MOST_READERS = 12
"""Readers of one question: from 1 on, each number as often."""

NONE = Command(NONE_OF_THESE)


def presses(random: Random, question: Question, offered: tuple[TopicId, ...]) -> Iterator[Asked]:
    """What the readers of a question press."""
    right: list[Asked] = [AboutTopic(topic) for topic in offered if topic in question.wanted] or [NONE]
    wrong: list[Asked] = [AboutTopic(topic) for topic in offered if topic not in question.wanted] or [NONE]
    for _ in range(random.randint(1, MOST_READERS)):
        yield random.choice(wrong if random.random() < WRONG else right)


def turned(text: str) -> str:
    """The second half of the words before the first."""
    words = text.split()
    return " ".join(words[len(words) // 2 :] + words[: len(words) // 2])


def counted(dossier: Dossier, questions: Iterable[Question]) -> str:
    """How many are answered rightly, wrongly, and out of scope."""
    topics = [(answer(dossier, FreeText(each.text), each.language, TODAY).topic, each.wanted) for each in questions]
    inside = [(topic, wanted) for topic, wanted in topics if wanted]
    right = sum(topic in wanted for topic, wanted in inside)
    wrong = sum(topic is not None and topic not in wanted for topic, wanted in inside)
    outside = sum(topic is not None for topic, wanted in topics if not wanted)
    return f"{right} of {len(inside)} right, {wrong} wrong, {outside} of {len(topics) - len(inside)} outside answered"


@pytest.mark.slow
@pytest.mark.parametrize("of", [each for each in SETS if each.files.startswith("foreign/")], ids=lambda each: each.name)
async def test_no_wrong_press_becomes_a_proposal(store: Store, of: QuestionSet) -> None:
    random, dossier = Random(SEED), load_dossier(of)
    questions = list(of.questions())
    random.shuffle(questions)
    counter, asked, pressed = UnansweredCounter(store.unanswered, stores_words=True), dict[str, Question](), 0
    for number, question in enumerate(questions[::2]):
        reply = answer(dossier, FreeText(question.text), question.language, TODAY)
        if not reply.unanswered or not reply.suggestions:
            continue
        words = wording(question.text)
        asked[words] = question
        for reader, choice in enumerate(presses(random, question, reply.suggestions)):
            counter.note(question.language, words, f"telegram:{number}-{reader}")
            counter.note("", words, f"telegram:{number}-{reader}", choice_of(choice))
            pressed += 1
        wrong = [AboutTopic(topic) for topic in reply.suggestions if topic not in question.wanted]
        for _ in range(5 if wrong and number % 3 == 0 else 0):
            counter.note("", words, "telegram:7", choice_of(wrong[0]))
        await counter.flush()
    every = brought(await store.unanswered.by_day(WORDINGS), [], dossier, await store.unanswered.marks())
    proposals = [proposal_of(group, dossier) for group in grouped(every, alike_by({}, dossier))]
    chosen = [(TopicId(each.topic), text) for each in proposals if each and each.topic for text in sorted(each.words)]
    assert not [(topic, text) for topic, text in chosen if topic not in asked[text].wanted]
    learned, accepted = dossier, list[Question]()
    for topic, text in chosen:
        example = new_example(learned, topic, example_text(text), likely=Language(asked[text].language))
        if example.outcome == "added":
            more = learned.topics[topic].with_questions(Questions(asks={example.language: [example.text]}))
            learned = replace(learned, topics={**learned.topics, topic: more})
            accepted.append(replace(asked[text], text=turned(text)))
    others, topics = questions[1::2], {topic for topic, _ in chosen}
    print(
        f"\n{of.name}: {len(asked)} questions, {pressed} readers pressed, {len(chosen)} proposed, {len(accepted)} added"
    )
    asked_again = {
        "learned, in another order": accepted,
        "others on their topics": [each for each in others if each.wanted & topics],
        "all others": others,
    }
    for name, again in asked_again.items():
        print(f"  {name}: {counted(dossier, again)} -> {counted(learned, again)}")


def with_sentences(dossier: Dossier, added: Sequence[tuple[str, Language, str]]) -> Dossier:
    """The dossier with more declared sentences: the entry of each, its language, the sentence."""
    facts, claims = dict(dossier.facts), dict(dossier.claims)
    for key, language, sentence in added:
        kind, _, name = key.partition("/")
        entries: dict[Any, Any] = facts if kind == "facts" else claims
        says = entries[name].says
        entries[name] = entries[name].model_copy(
            update={"says": {**says, language: [*says.get(language, ()), sentence]}}
        )
    return replace(dossier, facts=facts, claims=claims)


def declared(dossier: Dossier, key: str, language: Language, text: str) -> str:
    """As the desk declares a claim; "" if the check refuses that."""
    sentence = next(iter(_declared(dossier, Key(key), [(text, language)]).values()))
    after = with_sentences(dossier, [(key, language, sentence)])
    errors = check_declared(after, lambda: checker_for(after), [key.partition("/")[2]])
    return "" if any(each.severity == "error" and sentence in each.message for each in errors) else sentence


@pytest.mark.slow
@pytest.mark.parametrize("of", CLAIM_SETS, ids=lambda each: each.name)
async def test_no_wrong_press_declares_a_claim(store: Store, of: ClaimSet) -> None:
    """Half of the claims, whose readers press the sentence with the verdict that is right for theirs, but 15 of 100 another one."""
    random, dossier = Random(SEED), load(of.dossier, _TODAY).dossier
    assert dossier is not None
    lines = [json.loads(line) for line in of.file.read_text(encoding="utf-8").splitlines()]
    random.shuffle(lines)
    counter = UnansweredCounter(store.unanswered, stores_words=True, kind="claim")
    right, brought_by, pressed = dict[str, set[str]](), dict[str, dict[str, Any]](), 0
    for number, line in enumerate(lines[::2]):
        reply = answer(dossier, CheckText(line["claim"]), line["language"], _TODAY)
        offers = [offer.question for offer in reply.offers if offer.question]
        if not offers:
            continue
        words = wording(line["claim"])
        is_right = [answer(dossier, each, line["language"], _TODAY).verdict == line["expect"] for each in offers]
        rights: list[Asked] = [each for each, fits in zip(offers, is_right, strict=True) if fits] or [NONE]
        wrongs: list[Asked] = [each for each, fits in zip(offers, is_right, strict=True) if not fits] or [NONE]
        right[words], brought_by[words] = set(map(choice_of, rights)), line
        for reader in range(random.randint(1, MOST_READERS)):
            counter.note(line["language"], words, f"telegram:{number}-{reader}")
            choice = random.choice(wrongs) if random.random() < WRONG else rights[0]
            counter.note("", words, f"telegram:{number}-{reader}", choice_of(choice))
            pressed += 1
        for _ in range(5 if number % 3 == 0 else 0):
            counter.note("", words, "telegram:7", choice_of(wrongs[0]))
        await counter.flush()
    every = brought(await store.unanswered.by_day(WORDINGS), [], dossier, await store.unanswered.marks())
    groups = [(group, proposal_of(group, dossier)) for group in grouped(every, alike_by({}, dossier))]
    chosen = [
        (group.agreement.choice, proposal.key, text)
        for group, proposal in groups
        if proposal and proposal.key and group.agreement
        for text in sorted(proposal.words)
    ]
    assert not [(choice, text) for choice, _, text in chosen if choice not in right[text]]
    added = list[tuple[str, Language, str]]()
    for _, key, text in chosen:
        language = dossier.language(brought_by[text]["language"])
        if sentence := declared(dossier, key, language, text):
            added.append((key, language, sentence))
    after, proposed = with_sentences(dossier, added), {text for _, _, text in chosen}
    verdicts = Counter[str]()
    for text in proposed:
        line = brought_by[text]
        verdict = answer(after, CheckText(line["claim"]), line["language"], _TODAY).verdict
        verdicts["right" if verdict == line["expect"] else "none" if verdict == "unknown" else "wrong"] += 1
    print(
        f"\n{of.name}: {len(right)} claims, {pressed} readers pressed, {len(chosen)} proposed, {len(added)} declared: {dict(verdicts)}"
    )
    assert not verdicts["wrong"]
