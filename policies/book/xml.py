"""The one place that makes XML parsers for what comes from outside: no entities, no DTD, no network, bounded size."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

SCHEMA = Path(__file__).with_name("policy.xsd")
_MOST = 64 << 20


def parsed(data: bytes) -> Any:
    """The root of a document. Raises etree.XMLSyntaxError; ValueError for a DTD or a document that is too large."""
    if len(data) > _MOST:
        raise ValueError(f"it is larger than {_MOST >> 20} MiB")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    root: Any = etree.fromstring(data, parser)
    if root.getroottree().docinfo.doctype:
        raise ValueError("it has a DOCTYPE, which a policy book never needs")
    return root


@cache
def schema() -> etree.XMLSchema:
    """The schema of policy books."""
    return etree.XMLSchema(etree.fromstring(SCHEMA.read_bytes(), etree.XMLParser(no_network=True)))
