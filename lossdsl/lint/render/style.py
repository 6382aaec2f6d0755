"""Terminal colours, and text that is safe to print and known in width."""

from __future__ import annotations

import unicodedata

_CODES = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "gutter": "1;34",
    "label": "1;34",
    "help": "1;36",
    "bold": "1",
    "added": "32",
    "removed": "31",
}
_TAB = "    "
# Characters that reorder the text around them, so that a line would not show what it says.
_REORDER = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


def paint(text: str, style: str, color: bool) -> str:
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if color and text else text


def cell(char: str) -> tuple[str, int]:
    """How a character is shown, and how many columns it takes."""
    if char == "\t":
        return _TAB, len(_TAB)
    code = ord(char)
    if code < 32:
        return chr(0x2400 + code), 1  # its control picture: nothing in a spec may drive the terminal
    if code == 127 or 0x80 <= code < 0xA0 or char in _REORDER or 0xD800 <= code < 0xE000:
        return "\ufffd", 1
    if code < 0x300:
        return char, 1
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return char, 0
    return char, 2 if unicodedata.east_asian_width(char) in "WF" else 1


def shown(text: str) -> str:
    return "".join(cell(char)[0] for char in text)


def width(text: str) -> int:
    return sum(cell(char)[1] for char in text)
