"""What the desk's pages keep of typed text in the browser's store, which all tabs of an editor share."""

import json
import shutil
import subprocess
from typing import Any

import pytest

from bot.platforms.web.static_files import STATIC

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="install nodejs")

PAGES = """
const stored = new Map(Object.entries(%s));
globalThis.localStorage = {
  getItem: (key) => stored.get(key) ?? null,
  setItem: (key, text) => { if (stored.full) throw new Error("full"); stored.set(key, text); },
  removeItem: (key) => stored.delete(key),
};
const source = %s;
const opened = (tab) => import("data:text/javascript," + encodeURIComponent(source + "// " + tab));
const [a, b] = [await opened("A"), await opened("B")];
const result = await (async () => { %s })();
console.log(JSON.stringify(result ?? [...stored]));
"""


def after(script: str, stored: dict[str, str] | None = None) -> Any:
    """What two pages, ``a`` and ``b``, leave in the store; or what the script returns."""
    source = (STATIC / "kept.js").read_text("utf-8")
    code = PAGES % (json.dumps(stored or {}), json.dumps(source), script)
    done = subprocess.run(
        [str(NODE), "--input-type=module", "--eval", code], capture_output=True, text=True, check=True, timeout=30
    )
    return json.loads(done.stdout)


class TestTwoTabs:
    """A page writes and removes its own entries alone."""

    def test_one_saves_what_the_other_has_typed_nothing_of(self) -> None:
        script = """
            a.keep("k", { [a.idOf("title")]: ["0", ["Typed in A"]] });
            b.keep("k", { [b.idOf("body")]: ["0", ["Typed in B"]] });
            a.keep("k", { [a.idOf("title")]: null });
            return Object.values(b.kept("k"));
        """
        assert after(script) == [["0", ["Typed in B"]]]

    def test_both_type_into_the_same_field(self) -> None:
        script = """
            a.keep("k", { [a.idOf("body")]: ["0", ["Typed in A"]] });
            b.keep("k", { [b.idOf("body")]: ["0", ["Typed in B"]] });
            const both = Object.values(a.kept("k"));
            b.keep("k", { [b.idOf("body")]: null });
            return [both, Object.values(a.kept("k"))];
        """
        assert after(script) == [[["0", ["Typed in A"]], ["0", ["Typed in B"]]], [["0", ["Typed in A"]]]]

    def test_nothing_is_left_where_all_is_saved(self) -> None:
        script = """
            a.keep("k", { [a.idOf("body")]: ["0", ["Typed in A"]] });
            a.keep("k", { [a.idOf("body")]: null });
        """
        assert after(script) == []


class TestBrokenValues:
    @pytest.mark.parametrize("value", ["5", "null", '"words"', "[1, 2]", '{"a": 5, "b": [1], "c": null}'])
    def test_they_are_nothing_and_stop_nothing(self, value: str) -> None:
        script = 'const before = a.kept("k"); a.keep("k", { x: ["0", ["Words"]] }); return [before, a.kept("k")];'
        assert after(script, {"k": value}) == [{}, {"x": ["0", ["Words"]]}]

    def test_a_text_that_is_not_json_is_kept_as_it_is(self) -> None:
        """A comment that 0.8.0 kept."""
        assert after('return a.kept("k");', {"k": "Is this so?"}) == {"": ["", ["Is this so?"]]}

    def test_a_browser_that_allows_no_store(self) -> None:
        script = """
            globalThis.localStorage = null;
            a.keep("k", { x: ["0", ["Words"]] });
            return a.kept("k");
        """
        assert after(script) == {}
