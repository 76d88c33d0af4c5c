#!/usr/bin/python3
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
"""A client that does to a server what no client should.

    hostile-client.py PORT OUT [BASE]

Does everything of EVIL at once and over and over, and sits on IDLE
connections.  OUT has the number of connections so far, replaced whole.  BASE
is the path of the group g, else it is the peers'.
"""

import ctypes
import itertools
import os
import random
import signal
import socket
import struct
import sys
import threading
import time

ctypes.CDLL(None).prctl(1, signal.SIGTERM)
port, out = int(sys.argv[1]), sys.argv[2]
IDLE = 200
BASE = (sys.argv[3] if len(sys.argv) > 3 else "/_groupcache/g/").encode()
GET = b"GET " + BASE + b"evil HTTP/1.1\r\nHost: x\r\n"
count = itertools.count(1)


def connect():
    s = socket.create_connection(("127.0.0.1", port), 20)
    n = next(count)
    with open(f"{out}.{threading.get_ident()}", "w") as f:
        print(n, file=f)
    os.rename(f"{out}.{threading.get_ident()}", out)
    return s


def send(data):
    with connect() as s:
        s.sendall(data)
        while s.recv(65536):
            pass


def garbage():
    send(random.randbytes(3000) + b"\r\n\r\n")


def tls():
    send(b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + bytes(512))


def endless_header():
    with connect() as s:
        s.sendall(GET + b"X: ")
        for _ in range(10000):
            s.sendall(b"x" * 1000)


def endless_headers():
    with connect() as s:
        s.sendall(GET)
        for n in range(10000):
            s.sendall(b"X%d: %s\r\n" % (n, b"x" * 500))


def endless_url():
    with connect() as s:
        s.sendall(b"GET " + BASE)
        for _ in range(10000):
            s.sendall(b"%41" * 300)


def endless_body():
    with connect() as s:
        s.sendall(GET + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(10000):
            s.sendall(b"3e8\r\n" + b"x" * 1000 + b"\r\n")


def huge_length():
    send(GET + b"Content-Length: 99999999999999999999\r\n\r\nx")
    send(GET + b"Content-Length: -1\r\n\r\nx")


def half_request():
    with connect() as s:
        s.sendall(GET[:random.randrange(len(GET))])
        s.settimeout(0.2)
        try:
            s.recv(1)
        except TimeoutError:
            pass


def gone_at_once():
    with connect() as s:
        s.sendall(GET + b"\r\n")
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))


def gone_in_the_load():
    with connect() as s:
        s.sendall(b"GET %b%d HTTP/1.1\r\nHost: x\r\n\r\n"
                  % (BASE, random.randrange(100)))
        s.shutdown(socket.SHUT_WR)


def pipelined():
    with connect() as s:
        s.sendall((GET + b"\r\n") * 50)
        s.settimeout(0.2)
        try:
            while s.recv(100):
                pass
        except TimeoutError:
            pass


def wrong_paths():
    up = BASE[:-2]
    for path in (b"/", b"*", up[:-1], up, b"%", b"/%zz",
                 BASE + b"%", BASE + b"%0", b"//", b"/../..",
                 up + b"none/x", b"/_dreamemo/g/", b"/\xff\0\x01",
                 b"http://[/", BASE + b"a" * 4000, b"/g?key=%", b"/g?key",
                 b"/g?" + b"&" * 4000, b"/g?key=" + b"a" * 4000,
                 up + b"%00/x", up + b"g" * 4000):
        for verb in (b"GET", b"HEAD", b"DELETE", b"POST", b"CONNECT", b"Z"):
            send(verb + b" " + path +
                 b" HTTP/1.1\r\nConnection: close\r\n\r\n")


def never_reads():
    with connect() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        s.settimeout(0.2)
        try:
            while True:
                s.sendall(GET + b"\r\n")
        except TimeoutError:
            pass


EVIL = (garbage, tls, endless_header, endless_headers, endless_url,
        endless_body, huge_length, half_request, gone_at_once,
        gone_in_the_load, pipelined, wrong_paths, never_reads)


def for_ever(evil):
    while True:
        try:
            evil()
        except OSError:
            pass  # refused, reset, thrown out: as it should be
        time.sleep(0.02)


idle = [connect() for _ in range(IDLE)]
for s in idle[::2]:
    s.sendall(GET)
for evil in EVIL:
    threading.Thread(target=for_ever, args=(evil,), daemon=True).start()
signal.pause()
