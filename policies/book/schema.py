"""The schema of policy books."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lxml import etree

SCHEMA = Path(__file__).with_name("policy.xsd")


@cache
def schema() -> etree.XMLSchema:
    """Compiled once."""
    return etree.XMLSchema(etree.fromstring(SCHEMA.read_bytes(), etree.XMLParser(no_network=True)))
