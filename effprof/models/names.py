"""Names of models: whose model it is, and the one text that stands for it in cell keys."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import quote, unquote

from effprof.core.errors import BadInput, suggestion
from effprof.models.variants import EfficientNetVariant

Provider = Literal["timm", "torchvision", "effprof", "python", "object"]

#: The only parametric family so far.
VARIANT = "efficientnet"

#: Folder of a name -> the zoo that it is of.
ZOOS: dict[str, Provider] = {"timm": "timm", "torchvision": "torchvision"}
_ZOO_NAME = re.compile(r"[A-Za-z0-9_.\-]+")


@dataclass(frozen=True, slots=True)
class ModelName:
    """A parsed model name: the provider, and the name as the provider knows it."""

    provider: Provider
    rest: str

    @property
    def canonical(self) -> str:
        """The stable text: no spaces, no '@', no ','; parsing it gives this name again."""
        return _CANONICAL[self.provider].format(rest=self.rest)


_CANONICAL: dict[Provider, str] = {
    "timm": "timm/{rest}",
    "torchvision": "torchvision/{rest}",
    "effprof": "effprof:{rest}",
    "python": "{rest}",
    "object": "object:{rest}",
}

#: An object by its class or function, and its digest (`effprof.models.objects`).
_OBJECT = re.compile(r"\w+-[0-9a-f]{8}", re.ASCII)


def parse_model_name(text: str) -> ModelName:
    """Read a model name; whether the model exists is not checked here.

    `timm/x`, `torchvision/x`, `effprof:efficientnet?phi=1`, `package.module:callable`,
    `folder/file.py:callable`, and `object:Net-3f2a9c1d`, which effprof gives to an object. A bare
    `x` is read as timm's; `effprof.models.build.canonical_name`
    turns it into torchvision's where timm has no such model. Raises `BadInput`.

    >>> parse_model_name("resnet50").canonical
    'timm/resnet50'
    >>> parse_model_name("effprof:efficientnet?se=0.25&phi=1.0").canonical
    'effprof:efficientnet?phi=1'
    """
    text = text.strip()
    prefix, colon, rest = text.partition(":")
    if prefix == "effprof" and colon:
        return ModelName("effprof", _variant_text(rest))
    if prefix == "object" and _OBJECT.fullmatch(rest):
        return ModelName("object", rest)
    if colon:
        return ModelName("python", _python_text(text))
    folder, slash, name = text.partition("/")
    provider = ZOOS.get(folder) if slash else "timm"
    name = name if slash else text
    if provider is None or not _ZOO_NAME.fullmatch(name):
        raise BadInput(
            f"not a model name: {text!r}; write timm/NAME, torchvision/NAME, "
            "effprof:efficientnet?phi=1, package.module:callable or folder/file.py:callable"
        )
    return ModelName(provider, name)


def is_glob(text: str) -> bool:
    """Whether a text stands for every network of the zoos that fits it, and not for one.

    >>> is_glob("resnet*"), is_glob("effprof:efficientnet?phi=1")
    (True, False)
    """
    return ":" not in text and any(sign in text for sign in "*?[")


def matches(pattern: str, texts: Iterable[str]) -> bool:
    """Whether any text fits a glob, or contains `pattern` where that has no `*?[`; case aside.

    >>> matches("resnet1*", ["resnet18"]), matches("NET1", ["resnet18"])
    (True, True)
    """
    glob = (pattern if any(sign in pattern for sign in "*?[") else f"*{pattern}*").lower()
    return any(fnmatchcase(text.lower(), glob) for text in texts)


def is_bare(text: str) -> bool:
    """Whether a name says nothing about its provider."""
    return "/" not in text and ":" not in text


def plain_name(name: str) -> str:
    """Give the canonical name of a network without the tag of its weights. Raises `BadInput`.

    >>> plain_name("resnet50.a1_in1k"), plain_name("torchvision/resnet50")
    ('timm/resnet50', 'torchvision/resnet50')
    """
    parsed = parse_model_name(name)
    rest = parsed.rest.partition(".")[0] if parsed.provider in ZOOS else parsed.rest
    return ModelName(parsed.provider, rest).canonical


def bare_name(canonical: str) -> str:
    """Say how people call a model: without its provider, its file or package, its digest.

    >>> bare_name("timm/resnet50"), bare_name("nets/own.py:make"), bare_name("object:Net-3f2a9c1d")
    ('resnet50', 'make', 'Net')
    """
    prefix, colon, rest = canonical.partition(":")
    if not colon:
        return canonical.rpartition("/")[2]
    return rest.rpartition("-")[0] if prefix == "object" else rest


def _variant_text(rest: str) -> str:
    name, _, parameters = rest.partition("?")
    if name != VARIANT:
        raise BadInput(
            f"no parametric family effprof:{name}{suggestion(name, [VARIANT])}; "
            f"there is effprof:{VARIANT}"
        )
    written = EfficientNetVariant.parse(parameters).text
    return f"{VARIANT}?{written}" if written else VARIANT


def _python_text(text: str) -> str:
    """Normalise `where:callable`; characters that cell keys cannot hold are percent-encoded."""
    where, _, function = text.rpartition(":")
    if not where or not all(part.isidentifier() for part in function.split(".")):
        raise BadInput(f"not a model name: {text!r}; expected package.module:callable")
    where = unquote(where)
    if where.endswith(".py"):
        where = PurePosixPath(where).as_posix()
    elif not all(part.isidentifier() for part in where.split(".")):
        raise BadInput(f"not a module or a .py file: {where!r} in {text!r}")
    return f"{quote(where, safe='/._-~')}:{function}"


def python_target(name: ModelName) -> tuple[str, str]:
    """Split a `python` name into (module or file path, callable)."""
    where, _, function = name.rest.rpartition(":")
    return unquote(where), function


def variant_of(name: ModelName) -> EfficientNetVariant:
    """Read the parameters of an `effprof` name."""
    return EfficientNetVariant.parse(name.rest.partition("?")[2])
