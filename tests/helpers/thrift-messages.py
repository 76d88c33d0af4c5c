#!/usr/bin/python3
# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
"""GetResponse messages as Apache Thrift's own library writes them.

Tab-separated lines: plain (exactly what we would write) or odd (what we must
be able to read), the value in hex, the expire field or "-", the message.
"""

from thrift.Thrift import TType
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TTransport import TMemoryBuffer


def message(fields):
    """The bytes of a struct; fields: (type, number, function that writes)."""
    buffer = TMemoryBuffer()
    protocol = TBinaryProtocol(buffer)
    protocol.writeStructBegin("GetResponse")
    for kind, number, write in fields:
        protocol.writeFieldBegin("", kind, number)
        write(protocol)
        protocol.writeFieldEnd()
    protocol.writeFieldStop()
    protocol.writeStructEnd()
    return buffer.getvalue()


def value(data, number=1):
    return TType.STRING, number, lambda p: p.writeBinary(data)


def expire(when, number=3):
    return TType.I64, number, lambda p: p.writeI64(when)


def inner(p):
    p.writeStructBegin("")
    for kind, number, write in (value(b"inner"), expire(7)):
        p.writeFieldBegin("", kind, number)
        write(p)
        p.writeFieldEnd()
    p.writeFieldStop()
    p.writeStructEnd()


def list_of_structs(p):
    p.writeListBegin(TType.STRUCT, 3)
    for _ in range(3):
        inner(p)
    p.writeListEnd()


def map_of_lists(p):
    p.writeMapBegin(TType.STRING, TType.LIST, 2)
    for name in (b"a", b"b"):
        p.writeBinary(name)
        list_of_structs(p)
    p.writeMapEnd()


def set_of_doubles(p):
    p.writeSetBegin(TType.DOUBLE, 2)
    p.writeDouble(1.5)
    p.writeDouble(-0.0)
    p.writeSetEnd()


UNKNOWN = [
    (TType.BOOL, 9, lambda p: p.writeBool(True)),
    (TType.BYTE, 10, lambda p: p.writeByte(-1)),
    (TType.DOUBLE, 2, lambda p: p.writeDouble(1.5)),
    (TType.I16, -1, lambda p: p.writeI16(-1)),
    (TType.I32, 11, lambda p: p.writeI32(-1)),
    expire(5, 32767),
    value(b"not this", 2),
    (TType.STRUCT, 12, inner),
    (TType.LIST, 13, list_of_structs),
    (TType.MAP, 14, map_of_lists),
    (TType.SET, 15, set_of_doubles),
    # our numbers, other types
    (TType.I32, 1, lambda p: p.writeI32(1)),
    (TType.STRING, 3, lambda p: p.writeBinary(b"soon")),
]


def show(kind, data, when, fields):
    print(kind, data.hex(), "-" if when is None else when,
          message(fields).hex(), sep="\t")


def main():
    print("kind\tvalue\texpire\tmessage")
    for data in (b"", b"pong", b"\0\xff\x0b", bytes(range(256)) * 20):
        show("plain", data, None, [value(data)])
        for when in (0, -1, 1700000000123456789, -2**63, 2**63 - 1):
            show("plain", data, when, [value(data), expire(when)])
            show("odd", data, when, [expire(when), value(data)])
        show("odd", data, None, [value(b"first"), value(data)])
        show("odd", data, None, UNKNOWN + [value(data)])
        show("odd", data, None, [value(data)] + UNKNOWN)
        for field in UNKNOWN:
            show("odd", data, 9, [field, value(data), field, expire(9)])
    show("odd", b"", None, [])
    show("odd", b"", 9, [expire(9)])


main()
