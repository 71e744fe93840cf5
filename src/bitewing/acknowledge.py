"""Answering a file: TA1, 999 and 277CA, each written whole or not at all."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from bitewing.edi.acks.answer import Acknowledged, answer
from bitewing.edi.acks.envelope import Envelope
from bitewing.edi.acks.spool import spool, spooled
from bitewing.edi.acks.verdicts import Verdicts
from bitewing.edi.document import Document
from bitewing.edi.output import write_whole


def acknowledge(
    document: Document, verdicts: Verdicts, envelope: Envelope, outputs: Mapping[str, Path], *, strict: bool = False
) -> tuple[Acknowledged, list[Path]]:
    """Answer a document, and say what was answered and which files were written.

    outputs: from ``ta1``, ``999`` and ``277ca`` to the file of each that is wanted, ``-`` for standard output. Nothing
    is written before the whole document was walked. An answer that has nothing to say (no group, no claims) leaves its
    file out. strict: see ``answer``. Raises EdiError, OutputError.
    """
    written = []
    with ExitStack() as stack:
        streams = {name: stack.enter_context(spool()) for name in outputs}
        done = answer(document, verdicts, envelope, streams, strict=strict)
        for name, stream in streams.items():
            if not stream.tell():
                continue
            if str(outputs[name]) == "-":
                sys.stdout.buffer.writelines(spooled(stream))
            else:
                write_whole(outputs[name], spooled(stream))
            written.append(outputs[name])
    return done, written
