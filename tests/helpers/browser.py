# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
"""browser.py: a browser for the tests.

Starts Chromium by its WebDriver and obeys lines on standard input:

    open URL
    wait EXPRESSION    until the JavaScript expression is true; prints ok
    show EXPRESSION    prints its value as JSON
    shot FILE          writes a picture of the page
    logs               prints what the console has to complain about, as JSON

An error, or two minutes of waiting, is a line on standard error and the end,
with status 1; the end of the input, or SIGTERM, is the browser's too.  The protocol is W3C's WebDriver, of which this is a handful of
commands over HTTP (https://www.w3.org/TR/webdriver2/).
"""
import base64
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

WAIT_SECONDS = 120
STARTS = 10  # of the driver, until it has a port
CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--window-size=1200,900"]


class Browser:
    def __init__(self, profile):
        self.base = f"http://127.0.0.1:{self.start()}/session"
        self.base += "/" + self.call("", {"capabilities": {"alwaysMatch": {
            "goog:loggingPrefs": {"browser": "WARNING"},
            "goog:chromeOptions": {
                "args": CHROMIUM + ["--user-data-dir=" + profile]},
        }}})["sessionId"]

    def start(self):
        """Its port.  It takes one that is free for IPv4, and ends when that
        is not free for IPv6 too: the next try gets another one."""
        for _ in range(STARTS):
            self.driver = subprocess.Popen(
                ["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True)
            for line in self.driver.stdout:
                port = re.search(r"on port (\d+)\.", line)
                if port:
                    return port[1]
            self.driver.wait()
        raise OSError("chromedriver does not start")

    def call(self, path, body=None, method="POST"):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.base + path, data, {"Content-Type": "application/json"},
            method=method)
        with urllib.request.urlopen(request, timeout=120) as reply:
            return json.load(reply)["value"]

    def run(self, expression):
        return self.call("/execute/sync",
                         {"script": "return " + expression, "args": []})

    def wait(self, expression):
        until = time.monotonic() + WAIT_SECONDS
        while not self.run(expression):
            if time.monotonic() > until:
                page = self.run("document.body.innerText")
                raise TimeoutError(f"never true: {expression}\n{page}")
            time.sleep(0.1)

    def obey(self, word, rest):
        if word == "open":
            self.call("/url", {"url": rest})
        elif word == "wait":
            self.wait(rest)
        elif word == "show":
            return json.dumps(self.run(rest))
        elif word == "shot":
            picture = self.call("/screenshot", method="GET")
            with open(rest, "wb") as out:
                out.write(base64.b64decode(picture))
        elif word == "logs":
            return json.dumps(self.call("/se/log", {"type": "browser"}))
        else:
            raise ValueError(f"no such command: {word}")
        return "ok"

    def close(self):
        try:
            self.call("", method="DELETE")
        finally:
            self.driver.terminate()
            self.driver.wait()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        try:
            for line in sys.stdin:
                word, _, rest = line.strip().partition(" ")
                print(browser.obey(word, rest), flush=True)
        except (OSError, ValueError, TimeoutError) as error:
            text = getattr(error, "read", lambda: b"")()
            sys.exit(f"browser: {error} {text.decode(errors='replace')}")
        finally:
            browser.close()


main()
