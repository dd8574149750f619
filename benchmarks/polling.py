"""From an update's being available to the receipt of ``sendMessage``, by polling, on loopback."""

import json
import time
import urllib.request
from statistics import median, quantiles

from benchmarks.nota import bot_api, nota

SECONDS = 6


def measure() -> tuple[float, float]:
    """Median and 99th percentile, in milliseconds."""
    with bot_api() as api, nota(api, webhook=False):
        time.sleep(SECONDS)
        with urllib.request.urlopen(f"{api}/times", timeout=5) as response:
            times = [seconds * 1000 for seconds in json.loads(response.read())][50:]
    return median(times), quantiles(times, n=100)[-1]
