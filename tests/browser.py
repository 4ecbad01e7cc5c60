"""A page in headless Chromium, through its DevTools pipe: no driver and no library is needed.

https://chromedevtools.github.io/devtools-protocol/; with --remote-debugging-pipe Chromium reads
commands from file descriptor 3 and answers on 4, JSON ended by a zero byte. What can be known of a
page without a browser is in page_parts.py; ``check_page`` does both.
"""
import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from page_parts import check_parts

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--hide-scrollbars", "--no-first-run", "--remote-debugging-pipe")

# Puts the two pipes where Chromium looks for them, then becomes Chromium.
LAUNCH = """
import fcntl, os, sys
read, write = [fcntl.fcntl(int(n), fcntl.F_DUPFD, 10) for n in sys.argv[1:3]]
os.dup2(read, 3)
os.dup2(write, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""

# What a page is asked: do all images load, does anything stick out, which links lead nowhere?
# innerWidth is no measure: a phone zooms out until a page that is too wide fits into it.
MEASURE = """(() => {
  const width = document.documentElement.clientWidth;
  const inScroller = e => e.closest('.scroll, pre') !== null;
  return {
    width: width,
    scroll: document.documentElement.scrollWidth,
    images: [...document.images].map(i => [i.naturalWidth, i.naturalHeight, i.clientWidth]),
    outside: [...document.querySelectorAll('body *')]
      .filter(e => !inScroller(e) && e.getBoundingClientRect().right > width + 1)
      .map(e => e.outerHTML.slice(0, 80)),
    dead: [...document.querySelectorAll('a[href^="#"]')].map(a => a.getAttribute('href'))
      .filter(href => !document.getElementById(href.slice(1))),
    paper: getComputedStyle(document.body).backgroundColor,
    ink: getComputedStyle(document.body).color,
  };
})()"""


def find_browser():
    """Path of a Chromium, or None; on Windows too, where pipes have no numbers."""
    if os.name == "nt":
        return None
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """A running headless Chromium with one page; a context manager."""

    def __init__(self, program, seconds=60):
        self.deadline, self.number, self.waiting, self.events = time.time() + seconds, 0, b"", []
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        read, self.out = os.pipe()
        self.into, write = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, str(read), str(write), program, *FLAGS,
             f"--user-data-dir={self.folder.name}"], pass_fds=(read, write),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(read)
        os.close(write)
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Log.enable")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.session = None
        with contextlib.suppress(RuntimeError, TimeoutError, OSError):
            self.call("Browser.close")
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.out)
        os.close(self.into)
        self.folder.cleanup()

    def call(self, method, **parameters):
        """The answer to one command; events that come meanwhile are kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def _next(self):
        while b"\0" not in self.waiting:
            left = self.deadline - time.time()
            if left <= 0 or not select.select([self.into], [], [], left)[0]:
                raise TimeoutError("the browser did not answer in time")
            chunk = os.read(self.into, 1 << 20)
            if not chunk:
                raise RuntimeError("the browser has ended")
            self.waiting += chunk
        message, _, self.waiting = self.waiting.partition(b"\0")
        return json.loads(message)

    def show(self, path, width, height=800, dark=False):
        """Load a file at this size in CSS pixels, in the light or the dark scheme."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 600)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.events.clear()
        self.call("Page.navigate", url=Path(path).resolve().as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def ask(self, expression):
        """The value of a JavaScript expression on the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"the page's script failed: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def complaints(self):
        """What the page wrote to the browser's log: refused sources, failed loads."""
        return [event["params"]["entry"]["text"] for event in self.events
                if event.get("method") == "Log.entryAdded"]

    def screenshot(self, path):
        """The whole page as a PNG file."""
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        Path(path).write_bytes(base64.b64decode(data))


def check_page(path, screenshots=None):
    """A report is a sound page; where there is a Chromium, it also fits a phone and a desk.

    ``screenshots`` names a folder for pictures to look at. Returns the page's parts.
    """
    parts, program = check_parts(Path(path).read_text(encoding="utf-8")), find_browser()
    if program is None:
        return parts
    with Browser(program) as browser:
        for width in (390, 1280):
            for dark in (False, True):
                browser.show(path, width, dark=dark)
                _check_measures(browser, width, len(parts.images))
                if screenshots:
                    name = f"{width}_{'dark' if dark else 'light'}.png"
                    browser.screenshot(Path(screenshots) / name)
        browser.show(path, 390)
        browser.ask("document.querySelectorAll('label.scroll').forEach(label => label.click())")
        _check_measures(browser, 390, len(parts.images))
    return parts


def _check_measures(browser, width, images):
    found = browser.ask(MEASURE)
    assert found["width"] == width
    assert found["scroll"] <= width, f"the page is {found['scroll']} wide on {width} pixels"
    assert found["outside"] == [] and found["dead"] == []
    assert len(found["images"]) == images
    assert all(natural > 0 and shown > 0 for natural, _, shown in found["images"])
    assert browser.complaints() == []
