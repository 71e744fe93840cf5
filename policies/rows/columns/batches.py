"""Rows of plain claim payments as columns, by table, in the order of ``../../tables.py``."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bitewing.policies.rows.columns.arrow import Batch, dates, money, numbers, texts
from bitewing.policies.rows.columns.block import Known, PlainBlock
from bitewing.policies.rows.columns.segments import WORD, Bytes, Flags, Numbers, Spans, Which
from bitewing.policies.rows.keys import RAW, Keys

_HEX = np.frombuffer(b"".join(b"%02x" % byte for byte in range(256)), np.uint16)
"""Bytes in hexadecimal."""
_WIDTH = 2 * (RAW - 1)


class Taken(NamedTuple):
    """Claim payments whose rows are wanted: their place among those of the block, and the numbers of their rows."""

    which: Numbers
    number: Numbers
    payment: Numbers


def taken(runs: list[tuple[int, int, int, int]]) -> Taken:
    """From runs of claim payments: place of the first in its block, how many, number of the first, of the payment."""
    counts = [count for _, count, _, _ in runs]
    which, number = (np.concatenate([np.arange(run[at], run[at] + run[1]) for run in runs]) for at in (0, 2))
    return Taken(which, number, np.repeat([paid for _, _, _, paid in runs], counts))


def batches(block: PlainBlock, taken: Taken, keys: Keys, offset: int) -> list[tuple[str, Batch]]:
    """Rows of these claim payments, by table. offset: of the block in its interchange."""
    kinds = block.kinds
    number = np.full(len(block.clp), -1, np.int64)
    number[taken.which] = taken.number

    def wanted(segments: Numbers) -> tuple[Which, Numbers, Numbers]:
        """Which of these rows are of such a claim payment, its numbers, and those of lines in it."""
        own, line = number[kinds.claim(segments)], kinds.number(segments)
        if len(taken.which) == len(number):
            return slice(None), own, line
        rows = np.flatnonzero(own >= 0)
        return rows, own[rows], line[rows]

    made = {
        "remits": _remits(block, taken, keys, offset),
        "remit_lines": _lines(block, *wanted(block.svc.which)),
        "remit_adjustments": _adjustments(block, *wanted(block.cas)),
        "remit_remarks": _remarks(block, *wanted(block.remark)),
    }
    return [(name, batch) for name, batch in made.items() if batch.size]


def _lines(block: PlainBlock, rows: Which, own: Numbers, line: Numbers) -> Batch:
    buffer, (charge, paid) = block.segments.bytes, block.line_sums
    return Batch((
        numbers("remit_no", own),
        numbers("svc_no", line),
        texts("qualifier", buffer, block.procedure.qualifier.of(rows)),
        texts("code", buffer, block.procedure.code.of(rows)),
        texts("sent_code", buffer, block.sent_code.of(rows)),
        money("charge", *charge.of(rows)),
        money("paid", *paid.of(rows)),
        numbers("units", block.units[rows]),
        numbers("sent_units", block.sent_units[rows]),
        texts("ref6r", buffer, block.ref6r.of(rows)),
        dates("first_day", *block.begun.of(rows)),
        dates("last_day", *block.ended.of(rows)),
        money("allowed_sent", *block.allowed.of(rows)),
    ))  # fmt: skip


def _adjustments(block: PlainBlock, rows: Which, own: Numbers, line: Numbers) -> Batch:
    place = np.arange(len(own))
    first = np.diff(own, prepend=-1) != 0
    buffer = block.segments.bytes
    return Batch((
        numbers("remit_no", own),
        numbers("svc_no", line),
        numbers("adjustment_no", place - np.maximum.accumulate(np.where(first, place, 0)) + 1),
        texts("group_code", buffer, block.group_code.of(rows)),
        texts("reason", buffer, block.reason.of(rows)),
        money("amount", *block.amount.of(rows)),
        texts("quantity", buffer, block.quantity.of(rows)),
    ))  # fmt: skip


def _remarks(block: PlainBlock, rows: Which, own: Numbers, line: Numbers) -> Batch:
    return Batch((
        numbers("remit_no", own),
        numbers("svc_no", line),
        texts("remark", block.segments.bytes, block.remark_code.of(rows)),
    ))  # fmt: skip


def _remits(block: PlainBlock, taken: Taken, keys: Keys, offset: int) -> Batch:
    which, buffer, clp = taken.which, block.segments.bytes, block.clp
    hexadecimal, hashed = _hashes(block, which, keys)
    lines = np.diff(block.kinds.before, append=len(block.svc))
    elements = {"clp01": 1, "clp02": 2, "filing": 6, "clp07": 7, "frequency": 9}
    text = {name: texts(name, buffer, clp.element(number).of(which)) for name, number in elements.items()}
    charge, paid, share = (each.of(which) for each in block.claim_sums)
    return Batch((
        numbers("remit_no", taken.number),
        numbers("payment_no", taken.payment),
        numbers("starts_at", block.places[which] + offset),
        text["clp01"],
        text["clp02"],
        money("charge", *charge),
        money("paid", *paid),
        money("patient_share", *share),
        text["filing"],
        text["clp07"],
        text["frequency"],
        *(texts(name, hexadecimal, each) for name, each in hashed.items()),
        texts("rendering_npi", buffer, block.rendering.of(which)),
        texts("group_no", buffer, block.group_no.of(which)),
        texts("contract_class", buffer, block.contract.of(which)),
        texts("original_ref", buffer, block.original.of(which)),
        dates("first_day", *_over_lines(block, block.first, block.begun, np.minimum).of(which)),
        dates("last_day", *_over_lines(block, block.last, block.ended, np.maximum).of(which)),
        dates("received", *block.received.of(which)),
        numbers("lines", lines[which]),
    ))  # fmt: skip


def _over_lines(block: PlainBlock, own: Known, lines: Known, least: np.ufunc) -> Known:
    """The day of a claim payment itself, else the first or last one of its lines."""
    rows = np.flatnonzero(lines.there)
    if not len(rows):
        return own
    claims = block.kinds.claim(block.svc.which[rows])
    cuts = np.flatnonzero(np.diff(claims, prepend=-1))
    found = Known(least.reduceat(lines.values[rows], cuts), np.ones(len(cuts), np.bool_))
    spread = found.spread(claims[cuts], len(block.clp))
    return Known(np.where(own.there, own.values, spread.values), own.there | spread.there)


def _hashes(block: PlainBlock, which: Numbers, keys: Keys) -> tuple[Bytes, dict[str, Spans]]:
    """The keys of patients, and of those that a payer corrected: a buffer of hexadecimal, and pieces of it."""
    data = block.segments.data
    patient, subscriber, corrected = ([each.of(which) for each in block.people[who]]
                                      for who in ("patient", "subscriber", "corrected"))  # fmt: skip
    named = block.named[which]
    people = [
        *(_either(named, patient[at], subscriber[at]) for at in (0, 1)),
        _either(subscriber[2].length > 0, subscriber[2], patient[2]),
    ]
    size = len(which)
    # Few are corrected: their keys stand behind those of all patients.
    some = np.flatnonzero(np.logical_or.reduce([each.length > 0 for each in corrected]))
    hashed = list(map(keys.raw, *(_slices(data, each) for each in people)))
    hashed += map(keys.raw, *(_slices(data, each.of(some)) for each in corrected))
    raw = np.frombuffer(b"".join(hashed), np.uint8).reshape(-1, RAW)
    hexadecimal = np.concatenate((_HEX[raw[:, 1:]].view(np.uint8).ravel(), np.zeros(2 * WORD, np.uint8)))
    start, length = np.arange(len(raw)) * _WIDTH, raw[:, 0] * np.int64(_WIDTH)
    name, last, member = (Spans(start[at : 3 * size : 3], length[at : 3 * size : 3]) for at in range(3))
    new_name, new_member = (Spans(start[at::3], length[at::3]).spread(some, size) for at in (3 * size, 3 * size + 2))
    return hexadecimal, {"name_key": name, "last_key": last, "member_key": member, "corrected_key": new_member,
                         "corrected_name_key": new_name}  # fmt: skip


def _slices(data: bytes, said: Spans) -> list[bytes]:
    ends = (said.start + said.length).tolist()
    return [data[start:end] for start, end in zip(said.start.tolist(), ends, strict=True)]


def _either(first: Flags, one: Spans, other: Spans) -> Spans:
    return Spans(np.where(first, one.start, other.start), np.where(first, one.length, other.length))
