"""What follows from an outcome."""

from hypothesis import assume, given
from hypothesis import strategies as st

from bot.delivery.outcomes import (
    LONGEST_PAUSE_SECONDS,
    MAX_ATTEMPTS,
    ChatGone,
    Delivered,
    Delivery,
    GiveUp,
    MessageGone,
    Move,
    Moved,
    NotEditable,
    Outcome,
    Refused,
    Retry,
    RetryAfter,
    SendAsReply,
    ThreadGone,
    Unreachable,
    next_step,
    retry_delay,
)
from bot.reader import FORMER, Address

reasons = st.text(min_size=1, max_size=20)
ids = st.integers(1, 2**63 - 1).map(str) | st.text(min_size=1, max_size=20).filter(lambda each: each[0] != FORMER)
chat_ids = ids | st.integers(-(2**52), -1).map(str)
addresses = st.builds(Address, st.sampled_from(["telegram", "mail"]), chat_ids, st.none() | ids)
deliveries = st.builds(Delivery, addresses, st.none() | ids, st.integers(0, MAX_ATTEMPTS + 10))
outcomes: st.SearchStrategy[Outcome] = st.one_of(
    st.builds(Delivered, ids),
    st.builds(RetryAfter, st.floats(-1, 1e5), st.sampled_from(["request", "chat", "bot", None])),
    st.builds(Unreachable, reasons),
    st.builds(ChatGone, reasons),
    st.builds(Moved, chat_ids),
    st.builds(ThreadGone, reasons, st.none() | chat_ids),
    st.just(MessageGone()),
    st.builds(NotEditable, reasons),
    st.builds(Refused, reasons),
)


class TestEveryOutcome:
    """Nothing is ever left hanging."""

    @given(deliveries, outcomes)
    def test_leads_to_an_end_or_to_another_attempt_no_earlier_than_now(
        self, delivery: Delivery, outcome: Outcome
    ) -> None:
        match next_step(delivery, outcome):
            case Retry(seconds, reason):
                assert seconds >= 0
                assert reason
            case GiveUp(reason, _):
                assert reason
            case Move(address, _, _):
                assert address != delivery.address
            case Delivered(message_id) | SendAsReply(message_id):
                assert message_id

    @given(deliveries, outcomes)
    def test_is_done_exactly_where_the_platform_says_so(self, delivery: Delivery, outcome: Outcome) -> None:
        assert isinstance(next_step(delivery, outcome), Delivered) == isinstance(outcome, Delivered)

    @given(deliveries, outcomes)
    def test_suspends_only_where_the_whole_chat_is_out_of_reach(self, delivery: Delivery, outcome: Outcome) -> None:
        step = next_step(delivery, outcome)
        if isinstance(step, GiveUp) and step.suspends:
            assert isinstance(outcome, ChatGone | Moved | ThreadGone)

    @given(deliveries, outcomes)
    def test_ends_after_so_many_attempts(self, delivery: Delivery, outcome: Outcome) -> None:
        last = Delivery(delivery.address, delivery.message_id, MAX_ATTEMPTS, is_repeat=True)
        assert not isinstance(next_step(last, outcome), Retry | Move)


class TestCrossposts:
    """The message stands in its channel whatever becomes of its crosspost."""

    @given(deliveries, outcomes)
    def test_nothing_leads_to_another_message(self, delivery: Delivery, outcome: Outcome) -> None:
        """It is done, tried again no earlier than Discord says, or given up with a reason; no chat is suspended for it."""
        assume(isinstance(outcome, Delivered | RetryAfter | Unreachable | Refused))
        match next_step(delivery, outcome):
            case Delivered():
                assert isinstance(outcome, Delivered)
            case Retry(seconds, _):
                assert seconds >= (outcome.seconds if isinstance(outcome, RetryAfter) else 0)
            case GiveUp(reason, suspends):
                assert reason
                assert not suspends
            case step:
                raise AssertionError(step)


class TestTooFast:
    """HTTP 429."""

    @given(deliveries, st.floats(0, 1e5))
    def test_waits_as_long_as_it_was_told(self, delivery: Delivery, seconds: float) -> None:
        """retry_after is obeyed (core.telegram.org/bots/api#responseparameters)."""
        step = next_step(delivery, RetryAfter(seconds))
        if delivery.attempts < MAX_ATTEMPTS:
            assert isinstance(step, Retry)
            assert step.seconds == seconds


class TestPauses:
    """Between attempts at a platform that fails."""

    @given(deliveries)
    def test_are_between_half_and_all_of_the_doubled_second(self, delivery: Delivery) -> None:
        """At most five minutes."""
        full = min(LONGEST_PAUSE_SECONDS, 2.0 ** min(delivery.attempts, 16))
        assert full / 2 <= retry_delay(delivery) <= full

    def test_differ_between_chats(self) -> None:
        """So that a thousand do not come back in step."""
        pauses = {retry_delay(Delivery(Address("telegram", str(number)), None, 5)) for number in range(1000)}
        assert len(pauses) > 500

    def test_together_last_longer_than_a_days_outage(self) -> None:
        delivery = Address("telegram", "1")
        assert sum(retry_delay(Delivery(delivery, None, attempts)) for attempts in range(MAX_ATTEMPTS)) > 86400


class TestMoves:
    """A chat that goes on elsewhere."""

    @given(deliveries, chat_ids)
    def test_a_supergroup_keeps_its_topic(self, delivery: Delivery, chat_id: int) -> None:
        step = next_step(delivery, Moved(chat_id))
        if isinstance(step, Move):
            assert step.address == Address(delivery.address.platform, chat_id, delivery.address.thread_id)
            assert not step.loses_thread

    @given(deliveries)
    def test_a_thread_that_is_gone_leaves_its_chat(self, delivery: Delivery) -> None:
        step = next_step(delivery, ThreadGone("gone"))
        if delivery.address.thread_id is None:
            assert step == GiveUp("gone", suspends=True)
        elif delivery.attempts < MAX_ATTEMPTS:
            whole = Address(delivery.address.platform, delivery.address.chat_id)
            assert step == Move(whole, "gone", loses_thread=True)


class TestEditing:
    """A message that is to say something else."""

    @given(deliveries)
    def test_what_cannot_be_edited_is_said_anew(self, delivery: Delivery) -> None:
        step = next_step(delivery, NotEditable("too old"))
        expected = GiveUp("too old") if delivery.message_id is None else SendAsReply(delivery.message_id)
        assert step == expected
