"""Arguments that cannot be read: one line that names them, no page of usage."""

import sys

import pytest

from effprof.cli.main import main


@pytest.fixture
def told(monkeypatch, capsys):
    """Run `effprof` with arguments; its exit status, stdout and stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["effprof", *arguments])
        with pytest.raises(SystemExit) as exited:
            main()
        return exited.value.code, *capsys.readouterr()

    return run


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "--time-cap", "nan"), ("'--time-cap'", "0.1", "run --help")),
        (("run", "--time-cap", "0"), ("'--time-cap'", "0.1", "run --help")),
        (("run", "--repeats", "many"), ("'--repeats'", "integer", "run --help")),
        (("run", "--repeat", "3"), ("--repeat", "run --help")),
        (("cost",), ("model", "effprof cost --help")),
        (("runz",), ("'runz'", "--help")),
        (("--no-such", "run"), ("--no-such", "--help")),
    ],
)
def test_what_cannot_be_read_is_one_line_that_names_it(told, arguments, words):
    status, out, err = told(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert all(word in err.lower() for word in words), err


def test_help_is_an_answer_and_no_command_is_a_question(told):
    status, out, err = told("--help")
    assert (status, err) == (0, "")
    assert "Usage: " in out
    status, out, err = told()
    assert status == 2
    assert "Usage: " in out + err


def test_a_command_that_did_its_work_exits_with_zero(told):
    status, out, _ = told("models", "efficientnet_b0")
    assert not status
    assert "efficientnet_b0" in out
