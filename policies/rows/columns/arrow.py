"""Columns handed to an engine without copying or parsing: the Arrow C data interface, as a capsule that DuckDB reads.

https://arrow.apache.org/docs/format/CDataInterface.html and what it names: streams, and capsules of Python. Text is in
views: up to 12 bytes stand in the view itself, of longer ones its place in the buffer behind.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bitewing.policies.rows.columns.segments import WORD, Bytes, Flags, Numbers, Spans, words

_NULLABLE = 2
_INLINE = 12


class Column(NamedTuple):
    """name, format in Arrow's letters, how many rows, and the buffers: the first one says which are there."""

    name: str
    format: str
    size: int
    buffers: tuple[NDArray[Any] | None, ...]


def numbers(name: str, values: Numbers) -> Column:
    """BIGINT."""
    return Column(name, "l", len(values), (None, np.ascontiguousarray(values, np.int64)))


def money(name: str, cents: Numbers, there: Flags) -> Column:
    """DECIMAL(18,2), from cents."""
    wide = np.empty((len(cents), 2), np.int64)
    wide[:, 0] = cents
    wide[:, 1] = cents >> 63
    return Column(name, "d:18,2", len(cents), (_present(there), wide))


def dates(name: str, since: Numbers, there: Flags) -> Column:
    """DATE, from days since 1970."""
    return Column(name, "tdD", len(since), (_present(there), since.astype(np.int32)))


def texts(name: str, buffer: Bytes, said: Spans) -> Column:
    """VARCHAR, from pieces of a buffer of ASCII that goes on for 16 bytes behind each of them."""
    start, length = said
    views = np.zeros((len(start), 2), np.uint64)
    longest = int(length.max(initial=0))
    if longest:
        places = words(buffer)
        first = places[start] & _MASKS[np.minimum(length, WORD)]
        views[:, 0] = length.view(np.uint64) | (first << _HALF)
        if longest > _HEAD:
            views[:, 1] = first >> _HALF
        if longest > WORD:
            rest = (places[start + WORD] & _MASKS[np.clip(length - WORD, 0, _HEAD)]) << _HALF
            views[:, 1] |= rest
        if longest > _INLINE:
            long = np.flatnonzero(length > _INLINE)
            views[long, 1] = start[long].view(np.uint64) << _HALF
    return Column(name, "vu", len(start), (None, views, buffer, np.array([len(buffer)], np.int64)))


_HALF, _HEAD = np.uint64(32), 4
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)


def _present(there: Flags) -> NDArray[np.uint8] | None:
    return None if there.all() else np.packbits(there, bitorder="little")


class _Schema(ctypes.Structure):
    pass


class _Array(ctypes.Structure):
    pass


class _Stream(ctypes.Structure):
    pass


_RELEASE_SCHEMA = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Schema))
_RELEASE_ARRAY = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))
_RELEASE_STREAM = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Stream))
_GET_SCHEMA = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Schema))
_GET_NEXT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Array))
_GET_ERROR = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(_Stream))
_Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(_Schema))),
    ("dictionary", ctypes.c_void_p),
    ("release", _RELEASE_SCHEMA),
    ("private_data", ctypes.c_void_p),
]
_Array._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Array))),
    ("dictionary", ctypes.c_void_p),
    ("release", _RELEASE_ARRAY),
    ("private_data", ctypes.c_void_p),
]
_Stream._fields_ = [
    ("get_schema", _GET_SCHEMA),
    ("get_next", _GET_NEXT),
    ("get_last_error", _GET_ERROR),
    ("release", _RELEASE_STREAM),
    ("private_data", ctypes.c_void_p),
]
_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype = ctypes.py_object
_new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


def _release_schema(schema: Any) -> None:
    schema[0].release = _RELEASE_SCHEMA()


def _release_array(array: Any) -> None:
    array[0].release = _RELEASE_ARRAY()


_drop_schema, _drop_array = _RELEASE_SCHEMA(_release_schema), _RELEASE_ARRAY(_release_array)


class Batch(NamedTuple):
    """Columns of one length."""

    columns: tuple[Column, ...]

    @property
    def size(self) -> int:
        """How many rows."""
        return self.columns[0].size

    @property
    def weight(self) -> int:
        """Bytes of its values, without those that long texts point to."""
        return sum(buffer.nbytes for column in self.columns for buffer in column.buffers[:2] if buffer is not None)


class Stream:
    """Batches with the same columns, as what DuckDB takes for a table. It must outlive the queries that read it: an
    engine holds addresses, not objects. ``let_go`` ends it.
    """

    def __init__(self, batches: Sequence[Batch]) -> None:
        self._batches = batches
        self._held: list[Any] = []

    def let_go(self) -> None:
        """Nobody reads it any more: memory is free at once, not when Python looks for what nobody holds."""
        self._batches = ()
        self._held.clear()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """A stream of the batches, in a capsule. requested_schema: left aside, as the interface allows."""
        stream = _Stream()
        # All is made before: an engine calls from its own threads, where nothing may be raised.
        form, nothing = self._schema(), _Array()
        left = iter([self._array(batch) for batch in self._batches])

        def schema(_: Any, out: Any) -> int:
            out[0] = form
            return 0

        def following(_: Any, out: Any) -> int:
            out[0] = next(left, nothing)
            return 0

        def release(given: Any) -> None:
            given[0].release = _RELEASE_STREAM()

        stream.get_schema = _GET_SCHEMA(schema)
        stream.get_next = _GET_NEXT(following)
        stream.get_last_error = _GET_ERROR(lambda _: None)
        stream.release = _RELEASE_STREAM(release)
        self._held.append(stream)
        return _new_capsule(ctypes.addressof(stream), b"arrow_array_stream", None)

    def _schema(self) -> _Schema:
        made = [_Schema(format=one.format.encode(), name=one.name.encode(), flags=_NULLABLE, release=_drop_schema)
                for one in self._batches[0].columns]  # fmt: skip
        return _Schema(format=b"+s", name=b"", n_children=len(made), children=self._pointers(_Schema, made),
                       release=_drop_schema)  # fmt: skip

    def _array(self, batch: Batch) -> _Array:
        made = [self._child(one) for one in batch.columns]
        nothing = (ctypes.c_void_p * 1)(None)
        self._held.append(nothing)
        return _Array(length=batch.size, null_count=0, n_buffers=1, buffers=nothing, n_children=len(made),
                      children=self._pointers(_Array, made), release=_drop_array)  # fmt: skip

    def _child(self, one: Column) -> _Array:
        addresses = [None if buffer is None else buffer.ctypes.data for buffer in one.buffers]
        buffers = (ctypes.c_void_p * len(addresses))(*addresses)
        self._held.append(buffers)
        nulls = 0 if one.buffers[0] is None else -1
        return _Array(length=one.size, null_count=nulls, n_buffers=len(addresses), buffers=buffers,
                      release=_drop_array)  # fmt: skip

    def _pointers(self, kind: Any, made: list[Any]) -> Any:
        pointers = (ctypes.POINTER(kind) * len(made))(*map(ctypes.pointer, made))
        self._held += [made, pointers]
        return pointers
