"""A browser, a server, and the numbers of what was looked at."""

import shutil
import threading
from collections import Counter
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SITE = Path(__file__).parents[2] / "_build" / "html"
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
_seen: Counter = Counter()


@pytest.fixture(scope="session")
def seen() -> Counter:
    """Counts of what the tests looked at, printed at the end."""
    return _seen


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    assert CHROMIUM is not None, "no Chromium on this machine"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def bases(tmp_path_factory) -> dict[str, str]:
    """Where the site can be opened: from disk, at the root of a server, and under a path of it."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "below" / "a").mkdir(parents=True)
    (folder / "below" / "a" / "path").symlink_to(SITE)
    servers = {}
    for name, root in {"server": SITE, "path": folder / "below"}.items():
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers[name] = server
    address = {name: f"http://127.0.0.1:{server.server_port}/" for name, server in servers.items()}
    yield {"disk": SITE.as_uri() + "/", "server": address["server"], "path": address["path"] + "a/path/"}
    for server in servers.values():
        server.shutdown()
        server.server_close()


def pytest_terminal_summary(terminalreporter):
    if _seen:
        size = sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file()) / 2**20
        counts = ", ".join(f"{count} {name}" for name, count in _seen.items())
        terminalreporter.write_line(f"the site: {counts}; {size:.1f} MiB")
