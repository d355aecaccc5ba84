"""Arguments that cannot be read: one line that names them, no page of usage."""

import pytest


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "--time-cap", "nan"), ("'--time-cap'", "0.1", "run --help")),
        (("run", "--time-cap", "inf"), ("'--time-cap'", "0.1", "run --help")),
        (("run", "--target-width", "nan"), ("'--target-width'", "0.", "run --help")),
        (("run", "--timeout", "nan"), ("'--timeout'", "1", "run --help")),
        (("run", "--time-cap", "0"), ("'--time-cap'", "0.1", "run --help")),
        (("run", "--repeats", "many"), ("'--repeats'", "integer", "run --help")),
        (("run", "--repeat", "3"), ("--repeat", "run --help")),
        (("cost",), ("model", "effprof cost --help")),
        (("runz",), ("'runz'", "--help")),
        (("--no-such", "run"), ("--no-such", "--help")),
    ],
)
def test_what_cannot_be_read_is_one_line_that_names_it(here, arguments, words):
    done = here(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert all(word in done.stderr.lower() for word in words), done.stderr


def test_help_is_an_answer_and_no_command_is_a_question(here):
    helped = here("--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    assert "Usage: " in helped.stdout
    asked = here()
    assert asked.returncode == 2
    assert "Usage: " in asked.stdout + asked.stderr


def test_a_command_that_did_its_work_exits_with_zero(here):
    done = here("models", "efficientnet_b0")
    assert done.returncode == 0
    assert "efficientnet_b0" in done.stdout
