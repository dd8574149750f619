"""``pytest -p tests.parallel --processes 4``: processes share the files of a run, and each collects those that it takes.

pytest-xdist has every worker collect all files, which takes each of them 22 s of a processor in a fresh clone and 11 s afterwards: with four
workers a fifth of ``make test``.
"""

import multiprocessing
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

_fork = multiprocessing.get_context("fork")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--processes", type=int, default=0, help="so many processes share the files")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if any("::" in argument for argument in config.args):
        config.option.processes = 0  # few tests of one file


class WholeFile(pytest.Item):
    """A file of tests that is not read yet."""

    def runtest(self) -> None:
        raise AssertionError(self.path)


_files = pytest.StashKey[list[pytest.Item]]()


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> WholeFile | None:
    if parent.config.option.processes and _files not in parent.config.stash:
        return WholeFile.from_parent(parent, name=module_path.name, path=module_path)
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is chosen by a mark or a name is chosen where files are read."""
    if config.option.processes and _files not in config.stash:
        config.stash[_files] = items[:]
        items.clear()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Runs all files, and reports what the processes say as if it had run here."""
    if not session.config.option.processes or session.testsfailed:
        return None
    session.testscollected = 0
    taken = _fork.Value("i", 0)
    files = session.config.stash[_files]
    running: dict[Connection, tuple[Any, list[str]]] = {}
    for _ in range(session.config.option.processes):
        ours, theirs = _fork.Pipe(duplex=False)
        process = _fork.Process(target=_work, args=(session, files, taken, theirs))
        process.start()
        theirs.close()
        running[ours] = (process, [])
    try:
        while running and not (session.shouldfail or session.shouldstop):
            for connection in wait(list(running)):
                _hear(session, connection, running)  # type: ignore[arg-type]
    finally:
        for process, _ in running.values():
            process.terminate()
    if session.shouldfail:
        raise session.Failed(session.shouldfail)
    assert taken.value == len(files) + session.config.option.processes, "a process ended before its time"
    return True


def _hear(session: pytest.Session, connection: Connection, running: dict[Connection, tuple[Any, list[str]]]) -> None:
    process, tests = running[connection]
    hooks = session.config.hook
    try:
        kind, said = connection.recv()
    except EOFError:
        del running[connection]
        process.join()
        if process.exitcode:
            session.shouldfail = f"a process ended with {process.exitcode}, the last test was {tests}"
        return
    if kind == "test":
        tests[:] = [said]
        session.testscollected += 1
    elif kind == "left out":
        hooks.pytest_deselected(items=[SimpleNamespace() for _ in range(said)])
    else:
        report = hooks.pytest_report_from_serializable(config=session.config, data=said)
        (hooks.pytest_collectreport if kind == "collected" else hooks.pytest_runtest_logreport)(report=report)


class _Teller:
    """Tells the first process what happens in this one."""

    def __init__(self, config: pytest.Config, connection: Connection) -> None:
        self._config, self._connection = config, connection

    def _report(self, kind: str, report: object) -> None:
        data = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        self._connection.send((kind, data))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._connection.send(("test", nodeid))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._report("ran", report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed or report.skipped:
            self._report("collected", report)

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        self._connection.send(("left out", len(items)))


def _work(session: pytest.Session, files: list[pytest.Item], taken: Any, connection: Connection) -> None:
    """What a process does: its output is captured apart from that of the others."""
    plugins = session.config.pluginmanager
    plugins.unregister(name="terminalreporter")
    plugins.register(_Teller(session.config, connection))
    if capture := plugins.getplugin("capturemanager"):
        capture.stop_global_capturing()
        capture.start_global_capturing()
        capture.suspend_global_capture()

    def tests() -> Iterator[pytest.Item]:
        while True:
            with taken.get_lock():
                number = taken.value
                taken.value += 1
            if number >= len(files):
                return
            file = pytest.Module.from_parent(files[number].parent, path=files[number].path)
            of_file = list(session.genitems(file))
            session.config.hook.pytest_collection_modifyitems(session=session, config=session.config, items=of_file)
            yield from of_file

    following = tests()
    test = next(following, None)
    while test is not None:
        then = next(following, None)
        test.config.hook.pytest_runtest_protocol(item=test, nextitem=then)
        test = then
