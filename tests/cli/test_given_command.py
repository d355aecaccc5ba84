"""The command line that a run keeps: others read it, so that it holds no secret and no path."""

import sys

import pytest

from effprof.cli.options import given_command


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (("run", "quick", "--cpu"), "effprof run quick --cpu"),
        (("run", "quick", "--store", "/home/me/a.db", "--cpu"), "effprof run quick --cpu"),
        (("run", "--store=/home/me/a.db", "quick"), "effprof run quick"),
        (("run", "--models", "a b"), "effprof run --models 'a b'"),
        (
            ("run", "--out", "mysql://me:secret@host/db"),
            "effprof run --out 'mysql://me:***@host/db'",
        ),
        (("run", "--store"), "effprof run"),
    ],
)
def test_the_command_is_kept_without_secrets_and_without_its_store(monkeypatch, given, kept):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/effprof", *given])
    assert given_command() == kept
