#!/usr/bin/python3
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
"""A small hostile origin.

    origin.py [--bind ADDRESS] [--port PORT] [--cert FILE --key FILE
              [--client-ca FILE]]

listens (127.0.0.1, any port), prints the port on a line of its own and
serves until it is killed or its parent is gone.

What it does is said by the query, so a URL template says it:
`http://127.0.0.1:PORT/{key}?status=500`.  Without any: 200 and the decoded
path without its first slash, so the value of `a` is "a"; or what was PUT
there.

  status=N          answers N, with size=N bytes to say so
  fail=N            the first N requests of a path fail, with fail_with=
                    STATUS (503), reset or truncate; then it works
  size=N            N bytes "x" instead of the key
  headers           the request's headers as the body
  chunked           Transfer-Encoding: chunked
  nolength          neither length nor chunks: the end of the connection ends
                    the body
  truncate          announces one byte more than comes (or no last chunk)
  length=N          announces N bytes, whatever comes
  reset             closes with a TCP reset instead of an answer
  reset_body        the same, in the middle of the body
  garbage           an answer that is not HTTP
  stall=headers     never answers;  stall=body: stops in the middle
  delay=SECONDS     before the answer
  drip=SECONDS      before every byte of the body
  redirect=URL      302 to there;  hops=N: N times to itself;  loop: for ever
  etag=TAG          that ETag;  etag=auto: one that depends on the body;
  modified=DATE     Last-Modified; either is answered with 304 if it matches
  cc=, expires=, age=, retry_after=   these headers
  need=NAME:VALUE   403 unless the request has that header
  auth=USER:PASS    401 unless it has that basic authorization
  gzip              compressed, asked for or not
  big_header=N      a header of N bytes

Talking to the origin itself, not counted:

  PUT /PATH         the body is the value from now on; DELETE forgets it
  PUT /_status      the body is the status of every answer from now on; empty:
                    as the query says
  GET /_count       how many requests there were;  /_count/PATH: for that path
  GET /_last        the headers of the last request, one a line
  GET /_open        connections accepted so far
  GET /_reset       forgets all that was counted or put
"""

import argparse
import base64
import ctypes
import gzip
import hashlib
import http.server
import os
import signal
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse

lock = threading.Lock()
counts = {}
values = {}
last = []
connections = 0
forced = b""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def send(self, body, status=200, headers=(), length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if length is None:
            length = len(body)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def path_only(self):
        return self.path.split("?", 1)[0]

    def do_PUT(self):
        global forced
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with lock:
            if self.path_only() == "/_status":
                forced = body
            else:
                values[self.path_only()] = body
        self.send(b"")

    def do_DELETE(self):
        with lock:
            values.pop(self.path_only(), None)
        self.send(b"")

    def control(self, path):
        global connections
        with lock:
            if path == "/_count":
                text = str(sum(counts.values()))
            elif path.startswith("/_count/"):
                text = str(counts.get(path[len("/_count"):], 0))
            elif path == "/_last":
                text = "\n".join(last)
            elif path == "/_open":
                text = str(connections)
            elif path == "/_reset":
                counts.clear()
                values.clear()
                connections = 0
                text = ""
            else:
                return False
        self.send(text.encode() + b"\n")
        return True

    def reset(self):
        self.wfile.flush()
        self.connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def stall(self):
        """Until the client has gone."""
        self.wfile.flush()
        self.close_connection = True
        try:
            while self.connection.recv(4096):
                pass
        except OSError:
            pass

    def refused(self, flags):
        """An answer other than a body, if the flags ask for one."""
        if "need" in flags:
            name, _, value = flags["need"].partition(":")
            if self.headers.get(name.strip()) != value.strip():
                self.send(b"missing header\n", 403)
                return True
        if "auth" in flags:
            want = base64.b64encode(flags["auth"].encode()).decode()
            if self.headers.get("Authorization") != "Basic " + want:
                self.send(b"who are you\n", 401,
                          [("WWW-Authenticate", 'Basic realm="x"')])
                return True
        if "redirect" in flags or "loop" in flags or "hops" in flags:
            hops = int(flags.get("hops", 1))
            where = flags.get("redirect")
            if where is None:
                more = "loop" if "loop" in flags else "hops=%d" % (hops - 1)
                where = self.path_only() + "?" + more
            if hops > 0:
                self.send(b"elsewhere\n", 302, [("Location", where)])
                return True
        if "status" in flags and flags["status"] != "200":
            body = self.body(flags) if "size" in flags else b"as you wish\n"
            self.send(body, int(flags["status"]), self.extra(flags))
            return True
        return False

    @staticmethod
    def extra(flags):
        names = {"cc": "Cache-Control", "expires": "Expires", "age": "Age",
                 "retry_after": "Retry-After", "modified": "Last-Modified"}
        return [(name, flags[flag]) for flag, name in names.items()
                if flag in flags]

    def body(self, flags):
        path = self.path_only()
        if "headers" in flags:
            return str(self.headers).encode()
        if "size" in flags:
            return b"x" * int(flags["size"])
        with lock:
            if path in values:
                return values[path]
        return urllib.parse.unquote_to_bytes(path[1:])

    def is_unmodified(self, flags, etag):
        match = self.headers.get("If-None-Match")
        if match is not None:
            return match == etag
        since = self.headers.get("If-Modified-Since")
        return since is not None and since == flags.get("modified")

    def answer(self, flags, failing):
        body = self.body(flags)
        headers = self.extra(flags)
        if "big_header" in flags:
            headers.append(("X-Big", "x" * int(flags["big_header"])))
        etag = flags.get("etag")
        if etag == "auto":
            etag = '"%s"' % hashlib.sha1(body).hexdigest()
        if etag:
            headers.append(("ETag", etag))
        if self.is_unmodified(flags, etag):
            self.send_response(304)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            return
        if "gzip" in flags:
            body = gzip.compress(body)
            headers.append(("Content-Encoding", "gzip"))
        self.send_response(200)
        for name, value in headers:
            self.send_header(name, value)
        self.send_body(body, flags, failing == "truncate" or "truncate" in flags)

    def send_body(self, body, flags, truncate):
        chunked = "chunked" in flags
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif "nolength" not in flags:
            length = int(flags.get("length", len(body) + truncate))
            self.send_header("Content-Length", str(length))
        if "nolength" in flags:
            self.send_header("Connection", "close")
        self.end_headers()
        if truncate or "nolength" in flags or "length" in flags:
            self.close_connection = True
        half = len(body) // 2 if {"reset_body", "stall"} & set(flags) \
            else len(body)
        step = 1 if "drip" in flags else 65536
        for at in range(0, half, step):
            part = body[at:min(at + step, half)]
            time.sleep(float(flags.get("drip", 0)))
            if chunked:
                part = b"%x\r\n%s\r\n" % (len(part), part)
            self.wfile.write(part)
            self.wfile.flush()
        if flags.get("stall") == "body":
            self.stall()
        elif "reset_body" in flags:
            self.reset()
        elif chunked and not truncate:
            self.wfile.write(b"0\r\n\r\n")

    def do_GET(self):
        global last
        path = self.path_only()
        if path.startswith("/_") and self.control(path):
            return
        flags = dict(urllib.parse.parse_qsl(
            urllib.parse.urlsplit(self.path).query, keep_blank_values=True))
        with lock:
            counts[path] = number = counts.get(path, 0) + 1
            last = ["%s: %s" % item for item in self.headers.items()]
        time.sleep(float(flags.get("delay", 0)))
        failing = None
        if number <= int(flags.get("fail", 0)):
            failing = flags.get("fail_with", "503")
        if forced:
            self.send(b"as told\n", int(forced))
        elif failing == "reset" or "reset" in flags:
            self.reset()
        elif "garbage" in flags:
            self.close_connection = True
            self.wfile.write(b"\x16\x03\x01 hello\r\n\r\n")
        elif flags.get("stall") == "headers":
            self.stall()
        elif failing and failing.isdigit():
            self.send(b"busy\n", int(failing), self.extra(flags))
        elif not self.refused(flags):
            self.answer(flags, failing)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def get_request(self):
        global connections
        with lock:
            connections += 1
        return super().get_request()

    def handle_error(self, request, client_address):
        pass  # clients that go away are what this is for


class TLSServer(Server):
    context = None

    def finish_request(self, request, client_address):
        # The handshake belongs to the connection's own thread.
        request = self.context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--client-ca")
    args = parser.parse_args()

    # Gone with the parent, even if that was killed.
    parent = os.getppid()
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(1)
    server = (TLSServer if args.cert else Server)(
        (args.bind, args.port), Handler)
    if args.cert:
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(args.cert, args.key)
        if args.client_ca:
            server.context.verify_mode = ssl.CERT_REQUIRED
            server.context.load_verify_locations(args.client_ca)
    print(server.server_address[1], flush=True)
    server.serve_forever()


main()
