"""Prints one table. The machine should have nothing else to do."""

from benchmarks import delivery, discord, idle, mail, matching, page, pictures, polling, replica, webhook, webpush, wire
from benchmarks.webhook import AIOGRAM, BARE, BARE_ON_UVLOOP, OURS, PTB

DAYS_OF_FEEDS = 2
"""``python -m benchmarks.wire`` goes through thirty, which takes half an hour."""


def main() -> None:
    loads = webhook.measure(print)
    for name, load in loads.items():
        print(
            f"{name:46} {load.per_second:9.0f}/s  p50 {load.median_ms:6.2f} ms  p99 {load.p99_ms:6.2f} ms  errors {load.errors}"
        )
    ours = loads[OURS].per_second
    for name in (BARE, BARE_ON_UVLOOP, AIOGRAM, PTB):
        if name in loads:
            print(f"  x {ours / loads[name].per_second:.2f} of {name}")
    middle, worst = polling.measure()
    print(f"polling: median {middle:.2f} ms, p99 {worst:.2f} ms")
    print(replica.summary(replica.measure(print)))
    print(discord.summary(discord.measure(print)))
    print(idle.summary(idle.measure()))
    print(page.summary(page.measure()))
    print(pictures.summary(pictures.measure()))
    print(matching.summary(matching.measure()))
    delivery.measure(list(delivery.CASES), lambda row: print(delivery.summary(row), flush=True))
    print(webpush.summary(webpush.measure()))
    print(mail.summary(mail.measure()))
    print(wire.summary(wire.measure(DAYS_OF_FEEDS)))


if __name__ == "__main__":
    main()
