"""The one place that makes XML parsers for what comes from outside: no entities, no DTD, no network, bounded size."""

from __future__ import annotations

from typing import Any

from lxml import etree

MOST = 64 << 20
"""Bytes of a document at most."""


def parsed(data: bytes) -> Any:
    """The root of a document. Raises etree.XMLSyntaxError; ValueError for a document type or one that is too large."""
    if len(data) > MOST:
        raise ValueError(f"it is larger than {MOST >> 20} MiB")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    root: Any = etree.fromstring(data, parser)
    if root.getroottree().docinfo.doctype:
        raise ValueError("it has a DOCTYPE, which is never needed here")
    return root
