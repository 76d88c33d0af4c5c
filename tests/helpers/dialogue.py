#!/usr/bin/python3
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
"""A command on a terminal of its own, and somebody who types.

    dialogue.py [--columns N] COMMAND... <<STEPS

Everything that the terminal shows goes to standard output, together with a
line `<<STEP>>` where a step was taken.  Steps, one a line:

  expect TEXT       waits for TEXT in what was shown since the last match
  send TEXT         types TEXT and Enter
  type TEXT         the same without Enter; escapes as in Python: \\x04
  columns N         the window is N columns wide from now on
  run COMMAND       runs a shell command

Exit status: the command's (128 + N: killed by signal N); 124 with a line
about it when something did not come within five minutes.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time

SECONDS = 300


class Terminal:
    def __init__(self, columns, command):
        self.shown = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                self.resize(0, columns)
                for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
                    signal.signal(number, signal.SIG_DFL)
                os.execvp(command[0], command)
            finally:
                os._exit(127)
        self.deadline = time.monotonic() + SECONDS

    @staticmethod
    def resize(fd, columns):
        fcntl.ioctl(fd, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 24, columns, 0, 0))

    def read(self):
        """Shows what has come; False when the terminal has gone."""
        left = self.deadline - time.monotonic()
        if left <= 0 or not select.select([self.fd], [], [], left)[0]:
            os.kill(self.pid, signal.SIGKILL)
            show(b"\n<<nothing more within %d seconds>>\n" % SECONDS)
            sys.exit(124)
        try:
            got = os.read(self.fd, 65536)
        except OSError:
            return False
        show(got)
        self.shown += got
        return bool(got)

    def expect(self, text):
        while text not in self.shown:
            if not self.read():
                show(b"\n<<it ended before that>>\n")
                sys.exit(124)
        self.shown = self.shown.split(text, 1)[1]

    def step(self, word, text):
        show(("\n<<%s %s>>\n" % (word, text)).encode())
        if word == "expect":
            self.expect(text.encode())
        elif word == "send":
            os.write(self.fd, text.encode() + b"\n")
        elif word == "type":
            os.write(self.fd, text.encode().decode("unicode_escape").encode())
        elif word == "columns":
            self.resize(self.fd, int(text))
        elif word == "run":
            subprocess.run(text, shell=True, check=True, close_fds=False)
        else:
            sys.exit("no such step: " + word)

    def end(self):
        while self.read():
            pass
        status = os.waitpid(self.pid, 0)[1]
        if os.WIFSIGNALED(status):
            return 128 + os.WTERMSIG(status)
        return os.WEXITSTATUS(status)


def show(text):
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()


def main():
    words = sys.argv[1:]
    columns = 80
    if words[0] == "--columns":
        columns = int(words[1])
        words = words[2:]
    steps = sys.stdin.read().splitlines()
    terminal = Terminal(columns, words)
    for line in steps:
        word, _, text = line.partition(" ")
        terminal.step(word, text)
    sys.exit(terminal.end())


main()
