"""What is not installed: the package that a missing module belongs to, as pip reads it."""

import re
from importlib.metadata import PackageNotFoundError, requires

#: Module -> its package, where the names differ.
_PACKAGES = {
    "vl_convert": "vl-convert-python",
    "pynvml": "nvidia-ml-py",
    "markdown_it": "markdown-it-py",
}


def requirement(module: str) -> str | None:
    """Give what effprof requires of the package of a module; None where it requires nothing.

    >>> requirement("torch.nn")
    'torch>=2.6'
    """
    top = module.partition(".")[0]
    package = _PACKAGES.get(top, top)
    try:
        required = requires("effprof") or []
    except PackageNotFoundError:  # a source tree that nobody installed
        return None
    plain = (text for text in required if ";" not in text)  # the others belong to extras
    return next((text for text in plain if re.split(r"[^\w.-]", text)[0] == package), None)
