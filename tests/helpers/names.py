# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
"""What has a name and should have a manual: names.py source|manual KIND

Prints the names that the source's tables define, or that a manual page tells,
sorted, one a line.  Both must be the same.

    settings    where, name               (init says them)  dreamfs.conf(5)
    attributes  where, name[, settable]   attribute.c       dreamfs-xattr(7)
    files       name                      report.c          dreamfs-xattr(7)
    headers     name                      all of src        dreamfs-protocol(7)

A page tells a name in the line after .TP or .TQ: each word there that is no
more than a name.  What is between .RS and .RE belongs to another name.
"""
import pathlib
import re
import shlex
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def source(name):
    return (ROOT / "src" / name).read_text()


def page(name):
    text = (ROOT / "packaging/man" / name).read_text()
    return text.replace("\\-", "-")


def counted(found, text, pattern):
    """All there are, or the table is no longer what is read here."""
    there = len(re.findall(pattern, text, re.M))
    if not there or len(found) != there:
        sys.exit(f"names.py: read {len(found)} of {there} lines")
    return found


def heads(text):
    """(section, line after .TP) of a page."""
    section, depth, head = "", 0, False
    for line in text.splitlines():
        if line.startswith(".SS ") or line.startswith(".SH "):
            section = line[4:].strip('"')
        elif line.startswith(".RS"):
            depth += 1
        elif line.startswith(".RE"):
            depth -= 1
        elif head and not depth:
            yield section, line
        head = line in (".TP", ".TQ")


def names(line):
    words = shlex.split(line)
    if words and words[0] in (".B", ".BR", ".BI"):
        yield from (w for w in words[1:] if re.fullmatch("[a-z][a-z0-9_]*", w))


def manual_settings():
    for section, line in heads(page("dreamfs.conf.5")):
        for name in names(line):
            yield section.split()[0], name


def source_attributes():
    text = source("fs/attribute.c")
    for where in ("root", "group", "key"):
        table = re.search(
            where + r"_attributes\[\] = \{(.*?)^\};", text, re.S | re.M)[1]
        rows = re.findall(r'\{\s*"(\w+)",\s*(\w+),\s*(\w+),', table)
        for name, _, change in counted(rows, table, r'\{\s*"'):
            yield (where, name) + (("settable",) * (change != "NULL"))
        if "COUNTERS(" in table:
            for name in re.findall(r"^\tX\((\w+),", source("group/counters.h"),
                                   re.M):
                yield where, name


def manual_attributes():
    for section, line in heads(page("dreamfs-xattr.7")):
        where = section.split()[-1]
        if where in ("root", "group", "key"):
            for name in names(line):
                yield (where, name) + (("settable",) * ("(settable)" in line))


def source_files():
    text = source("node/report.c")
    table = re.search(r"reports\[\] = \{(.*?)^\};", text, re.S | re.M)[1]
    found = re.findall(r'\{\s*"(\w+)"', table)
    return [(n,) for n in counted(found, table, r'\{\s*"')]


def manual_files():
    for section, line in heads(page("dreamfs-xattr.7")):
        if section == "FILES":
            yield from ((n,) for n in names(line))


HEADER = r"X-Dreamfs-\w+"


def source_headers():
    for f in (ROOT / "src").rglob("*.[ch]"):
        yield from ((n,) for n in re.findall(HEADER, f.read_text()))


def manual_headers():
    for section, line in heads(page("dreamfs-protocol.7")):
        if section == "HEADERS":
            yield from ((n,) for n in re.findall(HEADER, line))


def main():
    found = set(globals()["_".join(sys.argv[1:3])]())
    if not found:
        sys.exit(f"names.py: no {sys.argv[2]} in the {sys.argv[1]}")
    print("\n".join(sorted(" ".join(words) for words in found)))


main()
