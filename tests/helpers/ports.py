#!/usr/bin/python3
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps ports free for servers that a test will start.

    ports.py COUNT

prints COUNT ports of 127.0.0.1 on one line and holds them until it is killed
or its parent is gone.  The sockets are bound but do not listen, and allow
SO_REUSEADDR only once they are bound: so the kernel gives the ports to nobody
who does not ask for them by number, and to whom does as often as he likes.
"""

import ctypes
import signal
import socket
import sys

ctypes.CDLL(None).prctl(1, signal.SIGTERM)
held = []
for _ in range(int(sys.argv[1])):
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.append(s)
print(*(s.getsockname()[1] for s in held), flush=True)
signal.pause()
