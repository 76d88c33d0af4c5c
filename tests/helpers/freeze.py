#!/usr/bin/python3
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
"""Stops some threads of a process, until it is ended: freeze.py PID WHICH FILE

WHICH is the name of threads, or `fuse`: those that wait for requests of the
kernel's.  How many there are is written to FILE when all of them stand still.
"""
import ctypes
import os
import signal
import sys
import time

PTRACE_SEIZE, PTRACE_INTERRUPT, WALL = 0x4206, 0x4207, 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def ptrace(request, tid):
    if libc.ptrace(request, tid, None, None) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def text(*path):
    with open("/".join(path), encoding="utf-8") as f:
        return f.read()


def waits_for_fuse(pid, tid):
    words = text("/proc", pid, "task", tid, "syscall").split()
    if len(words) < 2 or not words[1].startswith("0x"):
        return False
    try:
        return os.readlink(f"/proc/{pid}/fd/{int(words[1], 16)}") == "/dev/fuse"
    except OSError:
        return False


def wanted(pid, tid, which):
    try:
        if which == "fuse":
            return waits_for_fuse(pid, tid)
        return text("/proc", pid, "task", tid, "comm").strip() == which
    except OSError:
        return False  # it has ended


def main():
    pid, which, path = sys.argv[1:]
    frozen = set()
    calm = 0
    while calm < 50:
        fresh = [tid for tid in os.listdir(f"/proc/{pid}/task")
                 if tid not in frozen and wanted(pid, tid, which)]
        for tid in fresh:
            ptrace(PTRACE_SEIZE, int(tid))
            ptrace(PTRACE_INTERRUPT, int(tid))
            os.waitpid(int(tid), WALL)
            frozen.add(tid)
        calm = 0 if fresh or not frozen else calm + 1
        time.sleep(0.01)
    with open(path + ".tmp", "w", encoding="utf-8") as f:
        f.write(f"{len(frozen)}\n")
    os.rename(path + ".tmp", path)
    signal.pause()


main()
