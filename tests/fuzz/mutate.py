"""Bytes made from other bytes."""

from __future__ import annotations

from random import Random

TOKENS = (
    *(
        b"",
        b"%",
        b"%2A",
        b"&",
        b"=",
        b"\x00",
        b"\xff",
        b"\xed\xa0\x80",
        b"\n",
        b" ",
        b"-1",
        b"0",
        b"1e999",
        b"NaN",
    ),
    *(b"null", b"true", b"[]", b"{}", b'"', b"\\ud800", b"9" * 25, b"9" * 5000, b"[" * 500, b'{"a":' * 300),
    *(b"&a [*a]", b"<<: ", b"!!python/object:x", b"? ", b"|\n", b"bytes ", b"/", b"*", b"$ref: '#/'", b"x-"),
)


def mutated(data: bytes, others: list[bytes], random: Random) -> bytes:
    """One input made from `data`, by a few changes."""
    for _ in range(1 + random.randrange(4)):
        at = random.randrange(len(data) + 1)
        end = min(len(data), at + random.randrange(1, 9))
        match random.randrange(6):
            case 0:
                data = data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]
            case 1:
                data = data[:at] + random.choice(TOKENS) + data[at:]
            case 2:
                data = data[:at] + random.choice(TOKENS) + data[end:]
            case 3:
                data = data[:at] + data[end:]
            case 4:
                other = random.choice(others)
                cut = random.randrange(len(other) + 1)
                data = data[:at] + other[cut : cut + random.randrange(1, 60)] + data[end:]
            case _:
                data = data[:at] + data[at:end] * random.randrange(2, 5) + data[end:]
    return data
