#!/usr/bin/python3
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
"""An FTP server for reading, as small as libcurl lets it be.

    ftpd.py DIRECTORY [USER:PASSWORD]

listens on 127.0.0.1, prints the port and serves the directory until it is
killed or its parent is gone.  The names ending in `.denied` are refused, the
ones ending in `.cut` break off in the middle.
"""

import ctypes
import os
import signal
import socket
import socketserver
import sys
import time

root = sys.argv[1]
login = sys.argv[2] if len(sys.argv) > 2 else None  # None: anybody


class Handler(socketserver.StreamRequestHandler):
    def reply(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def file(self, name):
        return os.path.join(root, name.lstrip("/"))

    def size_or_time(self, verb, name):
        try:
            st = os.stat(self.file(name))
        except OSError:
            return self.reply("550 no such file")
        when = time.strftime("%Y%m%d%H%M%S", time.gmtime(st.st_mtime))
        self.reply("213 " + (str(st.st_size) if verb == "SIZE" else when))

    def retrieve(self, name, listener):
        if name.endswith(".denied"):
            return self.reply("532 not for you")
        try:
            with open(self.file(name), "rb") as file:
                body = file.read()
        except OSError:
            return self.reply("550 no such file")
        self.reply("150 here it comes")
        data, _ = listener.accept()
        cut = name.endswith(".cut")
        data.sendall(body[:len(body) // 2] if cut else body)
        data.close()
        self.reply("426 sorry" if cut else "226 done")

    def handle(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.reply("220 hello")
        user = ""
        for line in self.rfile:
            verb, _, name = line.decode().strip().partition(" ")
            if verb == "USER":
                user = name
                self.reply("331 password")
            elif verb == "PASS":
                known = login in (None, "%s:%s" % (user, name))
                self.reply("230 welcome" if known and name != "wrong"
                           else "530 no")
            elif verb in ("SIZE", "MDTM"):
                self.size_or_time(verb, name)
            elif verb == "EPSV":
                self.reply("229 (|||%d|)" % listener.getsockname()[1])
            elif verb == "RETR":
                self.retrieve(name, listener)
            elif verb == "PWD":
                self.reply('257 "/"')
            elif verb in ("TYPE", "CWD"):
                self.reply("200 fine")
            elif verb == "QUIT":
                return self.reply("221 bye")
            else:
                self.reply("502 what")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


ctypes.CDLL(None).prctl(1, signal.SIGTERM)
with Server(("127.0.0.1", 0), Handler) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
