"""Passwords stay out of sight, wherever they stand in a URL."""

import pytest

from effprof.core.redaction import redacted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:secret@host/db", "postgresql://me:***@host/db"),
        ("postgresql+psycopg://me:secret@host:5432/db", "postgresql+psycopg://me:***@host:5432/db"),
        (
            "--store=postgresql://me:secret@/db?host=/run",
            "--store=postgresql://me:***@/db?host=/run",
        ),
        ("postgresql://me:se/c@r:et@host/db", "postgresql://me:***@host/db"),
        ("postgresql://:secret@host/db", "postgresql://:***@host/db"),
        ("postgresql://h/db?password=secret&user=me", "postgresql://h/db?password=***&user=me"),
        (
            "postgresql://h/db?user=me&sslpassword=secret",
            "postgresql://h/db?user=me&sslpassword=***",
        ),
    ],
)
def test_a_password_is_replaced(text, shown):
    assert redacted(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://me@host:5432/db?sslmode=require",
        "sqlite:////home/me/store.sqlite",
        "timm/efficientnet_b0@224 infer b64 amp-fp16 nhwc eager",
        "https://example.org/a:b",
        "store.sqlite",
    ],
)
def test_text_without_a_password_is_left_alone(text):
    assert redacted(text) == text
