"""Passwords of database URLs, kept out of whatever is shown or stored."""

import re

_PASSWORDS = (
    # To the last "@": a password that was not percent-encoded may hold one.
    re.compile(r"(?P<before>://[^:@/\s]*:).*(?P<after>@)"),
    re.compile(r"(?P<before>[?&](?:ssl)?password=)[^&\s]*(?P<after>)"),
)


def redacted(text: str) -> str:
    """Put `***` where `text`, a URL or an argument that holds one, has a password.

    >>> redacted("--store=postgresql://me:secret@host/db?sslmode=require")
    '--store=postgresql://me:***@host/db?sslmode=require'
    >>> redacted("postgresql://host/db?user=me&password=secret")
    'postgresql://host/db?user=me&password=***'
    """
    for password in _PASSWORDS:
        text = password.sub(r"\g<before>***\g<after>", text)
    return text
