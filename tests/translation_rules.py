"""What Home Assistant's validation asks of an integration's texts and icons.

It validates only the English texts of custom integrations; here every language has to
follow the same rules, and to agree with the English one. Each function returns its
complaints, one sentence each.
"""

from collections.abc import Iterator, Mapping
import re
from string import Formatter
from typing import Any

from .texts import leaves

FLOWS = ("config", "options", "config_subentries")

_KEY = re.compile(r"[a-z0-9_-]+")
_MARKUP = re.compile(r"</?[a-zA-Z!][^>]*>")
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://|\bwww\.", re.IGNORECASE)
_QUOTED_PLACEHOLDER = re.compile(r"'{\w*}'")


def text_complaints(texts: Mapping[str, Any]) -> list[str]:
    """Judge each text and key by itself."""
    return [
        f"{path}: {complaint}"
        for path, text in leaves(dict(texts))
        for complaint in (*_key_complaints(path), *_one_text(text))
    ]


def _key_complaints(path: str) -> Iterator[str]:
    for key in path.split("."):
        if not _KEY.fullmatch(key):
            yield f"the key {key!r} has other characters than a-z, 0-9, - and _"


def _one_text(text: object) -> Iterator[str]:
    if not isinstance(text, str):
        yield "is not a text"
        return
    if not text:
        yield "is empty"
    if text != text.strip():
        yield "begins or ends with a blank"
    if _MARKUP.search(text):
        yield "has HTML in it"
    if _ADDRESS.search(text):
        yield "has an address in it, which belongs into a placeholder"
    if _QUOTED_PLACEHOLDER.search(text):
        yield "has a placeholder in single quotes, which would be shown as it is"
    try:
        names = placeholders(text)
    except ValueError as error:
        yield f"has braces that do not match: {error}"
        return
    yield from (
        f"the placeholder {name!r} is no identifier"
        for name in sorted(names)
        if not name.isidentifier()
    )


def placeholders(text: str) -> set[str]:
    """Return the placeholders of a text; ValueError where its braces do not match."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def structure_complaints(texts: Mapping[str, Any]) -> list[str]:
    """Judge which texts stand beside which others."""
    return [
        *(
            complaint
            for flow in FLOWS
            for complaint in _form_complaints(texts.get(flow, {}), flow)
        ),
        *_issue_complaints(texts.get("issues", {})),
        *(
            f"exceptions.{key}: has other texts than a message"
            for key, exception in texts.get("exceptions", {}).items()
            if not isinstance(exception, dict) or exception.keys() != {"message"}
        ),
    ]


def _form_complaints(branch: Mapping[str, Any], path: str) -> Iterator[str]:
    labels = branch.get("data", {})
    explanations = branch.get("data_description", {})
    if isinstance(labels, dict) and isinstance(explanations, dict):
        for key in sorted(labels.keys() - explanations.keys()):
            yield f"{path}: the field {key} is not explained in data_description"
        for key in sorted(explanations.keys() - labels.keys()):
            yield f"{path}: data_description explains {key}, which is not in data"
    for key, value in branch.items():
        if isinstance(value, dict) and key not in {"data", "data_description"}:
            yield from _form_complaints(value, f"{path}.{key}")


def _issue_complaints(issues: Mapping[str, Any]) -> Iterator[str]:
    for key, issue in issues.items():
        if "title" not in issue:
            yield f"issues.{key}: has no title"
        if ("description" in issue) == ("fix_flow" in issue):
            yield f"issues.{key}: needs a description or a fix_flow, and not both"
        if extra := issue.keys() - {"title", "description", "fix_flow"}:
            yield f"issues.{key}: has unknown texts {sorted(extra)}"


def language_complaints(
    reference: Mapping[str, Any], other: Mapping[str, Any]
) -> list[str]:
    """Tell where a language has other keys or placeholders than the reference."""
    wanted, given = dict(leaves(dict(reference))), dict(leaves(dict(other)))
    return [
        *(f"{path}: is missing" for path in sorted(wanted.keys() - given.keys())),
        *(
            f"{path}: is not in English"
            for path in sorted(given.keys() - wanted.keys())
        ),
        *(
            f"{path}: has other placeholders than in English"
            for path in sorted(wanted.keys() & given.keys())
            if placeholders(wanted[path]) != placeholders(given[path])
        ),
    ]


def icon_complaints(icons: Mapping[str, Any], texts: Mapping[str, Any]) -> list[str]:
    """Tell which icons belong to no text: their key is misspelt or gone."""
    return [
        f"icons {'.'.join(path)}: there is no such text"
        for path in _icon_owners(icons)
        if _branch(texts, path) is None
    ]


def _icon_owners(icons: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for platform, entities in icons.get("entity", {}).items():
        for key, icon in entities.items():
            yield "entity", platform, key
            for state in icon.get("state", {}):
                yield "entity", platform, key, "state", state
    for action in icons.get("services", {}):
        yield "services", action
    for flow in FLOWS:
        for step, icon in icons.get(flow, {}).get("step", {}).items():
            for section in icon.get("sections", {}):
                yield flow, "step", step, "sections", section


def _branch(texts: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    branch: Any = texts
    for key in path:
        branch = branch.get(key) if isinstance(branch, dict) else None
    return branch
