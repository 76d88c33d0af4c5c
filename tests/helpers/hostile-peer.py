#!/usr/bin/python3
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
"""A peer that answers heartbeats, and everything else badly.

    hostile-peer.py PORT LOG
    hostile-peer.py --list

The key says how, up to its first '-': a name of BAD below, which --list
prints.  LOG has a line with the path of every request but heartbeats and
invalidations.
"""

import ctypes
import os
import signal
import socket
import socketserver
import struct
import sys
import time

ctypes.CDLL(None).prctl(1, signal.SIGTERM)
listing = sys.argv[1] == "--list"
port = 1 if listing else int(sys.argv[1])
log = os.open(sys.argv[2] if not listing else os.devnull,
              os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def message(value):
    return b"\x0a" + varint(len(value)) + value


def ok(body, *headers, length=None):
    head = b"HTTP/1.1 200 OK\r\n"
    for line in headers:
        head += line + b"\r\n"
    if length is None:
        length = len(body)
    return head + b"Content-Length: %d\r\n\r\n" % length + body


def forever(data, pause=0):
    """A step that repeats its bytes until the other side has had enough."""
    return data, pause


WRONG = message(b"wrong")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
STATUS = b"HTTP/1.1 %d X\r\nContent-Length: 5\r\n%s\r\nwrong"
BAD = {
    "truncated": [ok(WRONG, length=len(WRONG) + 100)],
    "cut": [b"HTTP/1.1 200 OK\r\nConte"],
    "nolength": [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + WRONG],
    "chunkcut": [CHUNKED + b"7\r\n" + WRONG + b"\r\n"],
    "chunklie": [CHUNKED + b"ffffffffffffffff\r\n" + WRONG],
    "chunkbad": [CHUNKED + b"zz\r\n" + WRONG],
    "endless": [CHUNKED, forever(b"10000\r\n" + b"x" * 65536 + b"\r\n")],
    "endlesslength": [ok(b"", length=2 ** 62), forever(b"x" * 65536)],
    "endlesshead": [b"HTTP/1.1 200 OK\r\n",
                    forever(b"X-Header: " + b"x" * 4000 + b"\r\n")],
    "endlessline": [b"HTTP/1.1 200 OK\r\nX: ", forever(b"x" * 4000)],
    "continue": [forever(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)],
    "hugelength": [ok(WRONG, length=2 ** 63 - 1)],
    "overlength": [ok(WRONG, length=2 ** 64 + len(WRONG))],
    "minuslength": [ok(WRONG, length=-1)],
    "twolengths": [ok(WRONG, b"Content-Length: 3")],
    "hugefield": [ok(b"\x0a" + varint(2 ** 60) + b"wrong")],
    "overfield": [ok(b"\x0a" + varint(2 ** 64 - 3) + b"wrong")],
    "shortfield": [ok(b"\x0a\x7fwrong")],
    "longvarint": [ok(b"\x0a" + b"\xff" * 20 + b"wrong")],
    "group": [ok(b"\x0b" * 5000)],
    "wiretype": [ok(b"\x08\x01")],
    "noise": [ok(bytes(range(255, 0, -1)) * 50)],
    "text": [ok(b"wrong, and no message at all")],
    "thrift": [ok(b"\x0b\0\1\0\0\0\5wrong\0")],
    "gzip": [ok(b"\x1f\x8b\x08\0wrong", b"Content-Encoding: gzip")],
    "nothttp": [b"\x16\x03\x01\x02\0\x01\0 hello\r\n\r\n"],
    "http09": [b"wrong\r\n"],
    "empty": [],
    "redirect": [STATUS % (302, b"Location: /_groupcache/g/elsewhere\r\n")],
    "permanent": [STATUS % (301, b"Location: http://127.0.0.1:%d/elsewhere\r\n"
                            % port)],
    "filed": [STATUS % (307, b"Location: file:///etc/passwd\r\n")],
    "denied": [STATUS % (403, b"")],
    "internal": [STATUS % (500, b"X-Dreamfs-Errno: EWRONG\r\n")],
    "nocontent": [b"HTTP/1.1 204 No Content\r\n\r\n"],
    "partial": [b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-6/900\r\n"
                b"Content-Length: 7\r\n\r\n" + WRONG],
    "upgrade": [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"],
    "status0": [b"HTTP/1.1 000 \r\nContent-Length: 0\r\n\r\n"],
    "reset": ["reset"],
    "resetbody": [ok(b"\x0a\x64wrong", length=102), "reset"],
    # Those never come to an end: only the reader's deadline does.
    "drip": [ok(b"\x0a" + varint(500000), length=500004),
             forever(b"x", 0.05)],
    "driphead": [b"HTTP/1.1 200 OK\r\nX: ", forever(b"x", 0.05)],
    "silent": ["silent"],
    "fine": [ok(message(b"fine")), "next"],
}


class Handler(socketserver.BaseRequestHandler):
    def head(self):
        got = b""
        while b"\r\n\r\n" not in got:
            part = self.request.recv(4096)
            if not part:
                return None
            got += part
        return got

    def reset(self):
        time.sleep(0.05)
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack("ii", 1, 0))

    def answer(self, steps):
        """True if the connection may carry another request."""
        for step in steps:
            if step == "next":
                return True
            if step == "silent":
                while self.request.recv(4096):
                    pass
            elif step == "reset":
                self.reset()
            elif isinstance(step, tuple):
                while True:
                    self.request.sendall(step[0])
                    time.sleep(step[1])
            else:
                self.request.sendall(step)
        return False

    def handle(self):
        while True:
            head = self.head()
            if head is None:
                return
            path = head.split()[1].decode()
            if path.endswith("/_heartbeat_/hello") or \
                    head.startswith(b"DELETE"):
                self.request.sendall(ok(b""))
                continue
            os.write(log, path.encode() + b"\n")
            how = path.rsplit("/", 1)[1].split("-")[0]
            if not self.answer(BAD[how]):
                return


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass  # whoever asked has gone


if listing:
    print(*BAD)
else:
    Server(("127.0.0.1", port), Handler).serve_forever()
