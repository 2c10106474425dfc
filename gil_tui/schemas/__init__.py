"""The JSON Schemas of what the commands print: a contract that scripts depend on."""

from importlib import resources

NAMES = ("run", "watch", "compare", "selftest", "audit")


def text_of(name: str) -> str:
    """The schema `name` (of `NAMES`) as it stands in its file."""
    return resources.files(__name__).joinpath(f"{name}.json").read_text("utf-8")
