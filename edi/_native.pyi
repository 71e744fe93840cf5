from collections.abc import Sequence

FORM: int

_Levels = tuple[int, list[int], list[bytes], list[int], list[int]]
_Services = tuple[tuple[str, ...], tuple[int, ...], list[tuple[str, int]], bool, bytes]

def scan(
    data: bytes, segment: bytes, element: bytes, filler: bytes, tags: tuple[bytes, ...], outer: int, service: bytes, /
) -> tuple[list[int], list[bytes], list[int], list[int], bytes, bool]: ...
def tally(data: bytes, lead: bytes, /) -> tuple[int, int, int, int]: ...
def carriers(
    data: bytes, segment: bytes, element: bytes, component: bytes, services: bytes, codes: bytes, /
) -> list[int]: ...
def levels(
    data: bytes,
    segment: bytes,
    element: bytes,
    offsets: list[int],
    tags: list[bytes],
    first: int,
    last: int,
    before: tuple[int, int, int, bool],
    codes: Sequence[bytes],
    /,
) -> _Levels | None: ...
def services(
    data: bytes, segment: bytes, element: bytes, component: bytes, filler: bytes, within: bytes, covered: bytes, /
) -> _Services | None: ...
def named(data: bytes, segment: bytes, element: bytes, filler: bytes, /) -> tuple[str, str, str, str, str] | None: ...
