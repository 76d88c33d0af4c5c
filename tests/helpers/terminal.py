# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
"""A terminal with a program in it, for tests to look at and type into.

    t = Terminal(["dreamfs", "stats", mount, "--watch"], 80, 24)
    t.wait(lambda: "GROUP" in t.page())
    t.type("q")
    assert t.end() == 0
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

SLOW = 5 if os.environ.get("DREAM_BUILD", "").endswith(
    ("-asan", "-tsan")) else 1


class Terminal:
    def __init__(self, command, columns=80, rows=24, **env):
        self.bytes = b""
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                self.fd = 0
                self.resize(columns, rows, tell=False)
                os.environ.update({"TERM": "xterm", "LC_ALL": "C.UTF-8"})
                os.environ.update(env)
                os.execvp(command[0], command)
            finally:
                os._exit(127)
        self.before = termios.tcgetattr(self.fd)

    def resize(self, columns, rows, tell=True):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))
        if tell:
            self.kill(signal.SIGWINCH)

    def kill(self, number):
        os.kill(self.pid, number)

    def type(self, text):
        os.write(self.fd, text.encode())

    def read(self, seconds=0.05):
        """False if the other end is closed and all was read."""
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                self.bytes += os.read(self.fd, 65536)
            except OSError:
                time.sleep(seconds)
                return False
        return True

    def text(self):
        return self.bytes.decode("utf-8", "replace")

    def page(self):
        """The last page that was drawn whole, as lines."""
        pages = self.text().split("\033[H")[1:]
        whole = [p for p in pages if "\033[J" in p]
        if not whole:
            return ""
        return re.sub("\033\\[K\r+\n", "\n", whole[-1].split("\033[J")[0])

    def wait(self, condition, seconds=60):
        end = time.monotonic() + seconds * SLOW
        while not condition():
            if time.monotonic() > end:
                sys.stderr.write(repr(self.bytes[-3000:]) + "\n")
                raise AssertionError("waited in vain")
            self.read()

    def ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def end(self, seconds=60):
        """Waits for the program's end: its exit status, or minus a signal."""
        self.wait(self.ended, seconds)
        self.wait(lambda: not self.read(), seconds)
        return self.status
