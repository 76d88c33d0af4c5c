#!/usr/bin/python3
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
"""An origin that wants AWS Signature Version 4, and nothing but right ones.

    sigv4.py --keys FILE [--region REGION] [--service SERVICE]
             [--bind ADDRESS] [--cert FILE --key FILE]

Prints its port on a line of its own and serves until it is killed or its
parent is gone.  FILE holds "ACCESS SECRET [SESSION-TOKEN]" lines and is read
again for each request.  Written from "Signature Version 4 signing process"
and "Create a signed AWS API request" of the AWS documentation:

  canonical request  method, canonical URI, canonical query, canonical
                     headers, signed headers, payload's hash
  string to sign     AWS4-HMAC-SHA256, time, scope, hash of the above
  key                HMAC chain over date, region, service, aws4_request

Servers disagree on what is not in its canonical form on the wire: some take
what was sent, some decode it and encode it again.  A request is right here if
it is right for both.  A signature that is wrong is answered as S3 does, 403
with XML.  What is right gets the decoded path without its first slash, then
"?" and the decoded query if there is any.  What is sent to a proxy, the whole
URL, is taken for its path, so this can stand for a proxy and what is behind.

/_redirect?to=URL   307 to there, without asking for a signature
/_last              the last request's line and headers, likewise
"""
import argparse
import ctypes
import datetime
import hashlib
import hmac
import http.server
import os
import signal
import ssl
import sys
import urllib.parse

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY = hashlib.sha256(b"").hexdigest()
SKEW = 900  # seconds
options = None
last = ""


def sign(key, text):
    return hmac.new(key, text.encode("latin-1"), hashlib.sha256)


def encode(data, safe=""):
    return urllib.parse.quote(data, safe=safe + "-._~")


def clean_path(path):
    """RFC 3986 dot segments and empty segments away."""
    out = []
    for part in path.split("/"):
        if part == "..":
            if out:
                out.pop()
        elif part not in ("", "."):
            out.append(part)
    tail = "/" if out and path.endswith("/") else ""
    return "/" + "/".join(out) + tail


def canonical_uris(path):
    """As sent, and as decoded and encoded again."""
    raw = path.encode("latin-1")
    if options.service == "s3":
        return {path, encode(urllib.parse.unquote_to_bytes(raw), "/")}
    # Not S3: normalised, and what is on the wire is encoded once more.
    parts = [encode(urllib.parse.unquote_to_bytes(p))
             for p in raw.split(b"/")]
    return {encode(clean_path(path).encode("latin-1"), "/"),
            encode(clean_path("/".join(parts)), "/")}


def canonical_queries(query):
    def join(pairs):
        return "&".join("%s=%s" % p for p in sorted(pairs))
    pairs = [p.partition("=") for p in query.split("&") if p]
    raw = [(name, value) for name, _, value in pairs]

    def again(text, plus):
        data = text.replace("+", plus).encode("latin-1")
        return encode(urllib.parse.unquote_to_bytes(data))
    return {join(raw)} | {
        join([(again(n, plus), again(v, plus)) for n, v in raw])
        for plus in ("+", " ")}


class Refused(Exception):
    pass


def read_keys():
    with open(options.keys, encoding="latin-1") as file:
        lines = [line.split() for line in file if line.strip()]
    return {words[0]: (words[1], words[2] if len(words) > 2 else None)
            for words in lines}


def parse_authorization(text):
    if not text.startswith(ALGORITHM + " "):
        raise Refused("AccessDenied", "no signature: %r" % text)
    fields = dict(part.strip().split("=", 1)
                  for part in text[len(ALGORITHM):].split(","))
    if set(fields) != {"Credential", "SignedHeaders", "Signature"}:
        raise Refused("AuthorizationHeaderMalformed", text)
    return fields


def check_time(stamp):
    try:
        then = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ")
    except ValueError:
        raise Refused("AccessDenied", "bad x-amz-date") from None
    now = datetime.datetime.utcnow()
    if abs((now - then).total_seconds()) > SKEW:
        raise Refused("RequestTimeTooSkewed", stamp)


def canonical_headers(headers, names):
    if names != sorted(names) or len(set(names)) != len(names):
        raise Refused("SignatureDoesNotMatch", "names not sorted")
    lines = []
    for name in names:
        values = headers.get_all(name)
        if not values:
            raise Refused("SignatureDoesNotMatch", "no header " + name)
        lines.append("%s:%s\n" % (
            name, ",".join(" ".join(v.split()) for v in values)))
    must = {"host"} | {n.lower() for n in headers if
                       n.lower().startswith("x-amz-")}
    if must - set(names):
        raise Refused("AccessDenied", "not signed: %s" %
                      sorted(must - set(names)))
    return "".join(lines)


def check(method, target, headers):
    fields = parse_authorization(headers.get("Authorization", ""))
    access, day, region, service, end = fields["Credential"].split("/")
    keys = read_keys()
    if access not in keys:
        raise Refused("InvalidAccessKeyId", access)
    secret, token = keys[access]
    stamp = headers.get("x-amz-date", "")
    check_time(stamp)
    if (day, end) != (stamp[:8], "aws4_request"):
        raise Refused("AuthorizationHeaderMalformed", "scope")
    if (region, service) != (options.region, options.service):
        raise Refused("AuthorizationHeaderMalformed",
                      "expecting %s %s" % (options.region, options.service))
    if headers.get("x-amz-security-token") != token:
        raise Refused("InvalidToken", "the session's token")
    payload = headers.get("x-amz-content-sha256")
    if service == "s3" and payload not in (EMPTY, "UNSIGNED-PAYLOAD"):
        raise Refused("InvalidRequest", "x-amz-content-sha256")
    names = fields["SignedHeaders"].split(";")
    block = canonical_headers(headers, names)

    path, _, query = target.partition("?")
    scope = "/".join((day, region, service, end))
    key = ("AWS4" + secret).encode("latin-1")
    for step in (day, region, service, end):
        key = sign(key, step).digest()
    for uri in canonical_uris(path):
        for canonical in canonical_queries(query):
            request = "\n".join((method, uri, canonical, block,
                                 fields["SignedHeaders"], payload or EMPTY))
            digest = hashlib.sha256(request.encode("latin-1")).hexdigest()
            text = "\n".join((ALGORITHM, stamp, scope, digest))
            if not hmac.compare_digest(sign(key, text).hexdigest(),
                                       fields["Signature"]):
                sys.stderr.write("no match for:\n%s\n" % request)
                raise Refused("SignatureDoesNotMatch", "The request "
                              "signature we calculated does not match the "
                              "signature you provided.")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def send(self, body, status=200, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        global last
        if self.path.startswith("http://"):
            self.path = "/" + self.path.split("/", 3)[3]
        path, _, query = self.path.partition("?")
        if path == "/_last":
            return self.send(last.encode("latin-1"))
        last = "%s\n%s" % (self.requestline, self.headers)
        if path == "/_redirect":
            flags = dict(urllib.parse.parse_qsl(query))
            return self.send(b"", 307, [("Location", flags["to"])])
        try:
            check("GET", self.path, self.headers)
        except Refused as why:
            return self.send((
                '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>%s'
                "</Code><Message>%s</Message></Error>" % why.args).encode(),
                403, [("Content-Type", "application/xml")])
        body = urllib.parse.unquote_to_bytes(path[1:].encode("latin-1"))
        if query:
            body += b"?" + urllib.parse.unquote_to_bytes(
                query.encode("latin-1"))
        return self.send(body)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    global options
    parser = argparse.ArgumentParser()
    parser.add_argument("--keys", required=True)
    parser.add_argument("--region", default="eu-central-1")
    parser.add_argument("--service", default="s3")
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    options = parser.parse_args()

    # Gone with the parent, even if that was killed.
    parent = os.getppid()
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(1)
    server = Server((options.bind, 0), Handler)
    if options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    server.serve_forever()


main()
