#!/usr/bin/python3
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
"""A service manager's end of sd_notify(3): notify.py SOCKET FILE [DIR]

Appends a line to FILE for each line it is sent.  When it hears READY=1 it looks
at once whether DIR is a mount that answers, and adds ` mounted` if so.
"""
import os
import socket
import sys


def mounted(path):
    with open("/proc/self/mounts", encoding="utf-8") as f:
        if not any(line.split()[1:3] == [path, "fuse.dreamfs"] for line in f):
            return False
    return os.statvfs(path).f_namemax > 0


def main():
    name, path, *directory = sys.argv[1:]
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(name)
    with open(path, "a", encoding="utf-8", buffering=1) as out:
        while True:
            for line in s.recv(4096).decode().splitlines():
                if line == "READY=1" and directory and mounted(directory[0]):
                    line += " mounted"
                out.write(line + "\n")


main()
