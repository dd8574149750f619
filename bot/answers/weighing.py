"""How much each kind of evidence counts. PURE.

Every number was chosen on the development half of tests/evaluation; decisions 0050, 0052 and 0053 say how.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weights:
    """What matching goes by.

    Attributes:
        light: a word that carries no subject, as against one that does.
        pair: two neighbouring words, as against one.
        root: the part of a word's weight that its beginning has; its stem has the rest.
        sense: what a word shares with others, as against the word itself; ``alone`` how much more that counts where the
            dossier does not have the word itself.
        saturation: how many examples make a word half as telling as it can get.
        body: a word that a topic's text has and its examples have not.
        unknown: a word that nobody knows, in units of the rarest known word; ``short`` of one or two letters, ``digits``,
            ``elsewhere`` one that belongs to other subjects.
        doubt: what is taken for a word it may not be weighs so much as unknown.
        spared: the part of the weight of light words and pairs that is not held against a topic which lacks them.
        stray: what a known word weighs more for a topic that is never asked with it.
        stranger: by what a score is multiplied for a word that nobody knows and that may be a name; ``beside`` where it stands
            near a word of the dossier; ``somewhere`` where it stands as a place does; ``town`` for one that the dossier does not
            speak of.
        explained: the part of a score that is the share of the message explained; likeness to one example is the rest.
        amount: what each rare word explained adds to a score, so that a long message may leave more unexplained.
        place, everyday, name, city, contrary: by what a score is multiplied for a country the dossier does not speak of, a
            word of other subjects, a name or a place that the topic does not know, the other of two names that the topic is about.
        bare: the same for a message that has nothing of the dossier but names.
        demand, attribute: the same for a topic that is never asked for what the message asks for, as for a number, and
            for what few dossiers have about anything, as somebody's age.
        instruction, opinion: the same for words that order the bot about, or ask what it thinks.
        sure: from which score a topic is answered, ``told`` how much lower that is for a long message; ``part``: from which
            each of two that one message asks about.
        rival: up to which share of the best score another one leaves the best sure, where that is just ``sure``;
            ``firm`` where it is 1 or more.
        alike: how like an example a message must be that names nothing.
        verbatim: from which likeness to an example no rival matters.
        apart: two parts of a message without question words ask two things where each scores this much of the whole;
            ``parted``: or so much by itself, both of them with words of the dossier.
        maybe, near: from which score topics are offered, as what may be meant and as what is near.
    """

    light: float = 0.585
    pair: float = 0.42
    root: float = 0.57
    sense: float = 0.568
    alone: float = 2.304
    saturation: float = 0.107
    body: float = 0.33
    unknown: float = 1.35
    short: float = 0.235
    digits: float = 0.221
    elsewhere: float = 1.485
    doubt: float = 0.115
    spared: float = 0.503
    stranger: float = 0.9
    beside: float = 0.75
    somewhere: float = 0.6
    town: float = 0.5
    stray: float = 0.877
    explained: float = 0.522
    amount: float = 0.113
    place: float = 0.51
    everyday: float = 0.65
    name: float = 0.816
    city: float = 0.616
    contrary: float = 0.35
    bare: float = 0.924
    demand: float = 0.721
    attribute: float = 0.479
    instruction: float = 0.3
    opinion: float = 0.65
    sure: float = 0.72
    told: float = 0.15
    part: float = 0.65
    rival: float = 0.82
    firm: float = 0.95
    alike: float = 0.408
    verbatim: float = 0.757
    apart: float = 1.0
    parted: float = 0.85
    maybe: float = 0.4
    near: float = 0.18


WEIGHTS = Weights()
