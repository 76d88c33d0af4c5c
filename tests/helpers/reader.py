#!/usr/bin/python3
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
"""Reads new keys from several mounts all the time, until it is ended.

    reader.py OUT PREFIX DIRECTORY...

reads DIRECTORY/PREFIX1 from each directory in turn, then PREFIX2, ... and
expects "one of KEY".  OUT has a line `reads N slowest MS wrong N TEXT`,
replaced whole after every read: the count so far, the slowest read, how many
failed or were wrong, and the last of those.
"""

import ctypes
import itertools
import os
import signal
import sys
import time

ctypes.CDLL(None).prctl(1, signal.SIGTERM)
out, prefix, *dirs = sys.argv[1:]
reads = slowest = wrong = 0
text = ""
for number in itertools.count(1):
    for where in dirs:
        key = f"{prefix}{number}"
        began = time.monotonic()
        try:
            with open(f"{where}/{key}") as f:
                got = f.read()
        except OSError as e:
            got = e.strerror
        slowest = max(slowest, int((time.monotonic() - began) * 1000))
        reads += 1
        if got != f"one of {key}":
            wrong += 1
            text = f"{where}/{key}: {got[:100]}"
        with open(out + ".new", "w") as f:
            print("reads", reads, "slowest", slowest, "wrong", wrong, text,
                  file=f)
        os.rename(out + ".new", out)
