"""What a pass is: a rule with a name, a reason and examples, and a function that looks at one thing.

A pass looks at a Transaction, a Claim, a Day (all lines of one patient, date, practice and payer) or a Practice, as its
first parameter says, and yields remarks. A second parameter, where it has one, is the Facts handed in beside the
claims. The framework turns remarks into findings with places, and makes the fixes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from bitewing.edi.finding import Action, Fix
from bitewing.edi.line import Line
from bitewing.edi.sketch import Sketch
from bitewing.transforms.example import Example

EVERY_CODE: frozenset[str] = frozenset()
UNITS = ("Claim", "Day", "Practice", "Transaction")
DATED, RANGE, UNDATED, PLANNED = "dated", "range", "undated", "planned"
"""Kinds of Day: performed on one day, on one of several, on one not given; not performed (predetermination)."""


class Remark(NamedTuple):
    """What a pass says: the lines it is about, the message, and the fix where it has one."""

    action: Action
    lines: tuple[Line, ...]
    message: str
    fix: Fix | None = None
    claim: Any = None  # edi.claim.Claim where there are no lines


class Forecast(NamedTuple):
    """What a payer is expected to do. It knows the payer's rule, and so it has no place for a fix."""

    lines: tuple[Line, ...]
    message: str
    policy: str  # the rule's id

    @property
    def action(self) -> Action:
        """It predicts, and does nothing else."""
        return Action.PREDICT

    @property
    def fix(self) -> None:
        """None: what payers do is told, never edited into a claim."""
        return None

    @property
    def claim(self) -> None:
        """None: it speaks of lines."""
        return None


Said = Remark | Forecast
"""What a pass may yield."""


def flag(lines: Iterable[Line], message: str) -> Remark:
    """A person has to look."""
    return Remark(Action.FLAG, tuple(lines), message)


def info(lines: Iterable[Line], message: str) -> Remark:
    """Worth knowing; nothing to do."""
    return Remark(Action.INFO, tuple(lines), message)


def repair(lines: Iterable[Line], message: str, fix: Fix) -> Remark:
    """Can be put right without asking anybody, and this is how."""
    return Remark(Action.REPAIR, tuple(lines), message, fix)


class Pass(NamedTuple):
    """A rule and the function that applies it.

    code and name: unique. fault: what is wrong, in one sentence; rationale: why it matters. looks_at: the procedure
    codes without which it has nothing to say, empty for every claim. reads: those, and the codes that it wants to
    see on other claims of the day. alone: whether it looks at the lines of each claim of a day by themselves. unit:
    one of UNITS. kinds: the kinds of Day it is shown. repairs: whether it ever carries a fix. group: its folder, by
    which it can be selected; on: whether it runs unless asked for. snip: the SNIP type of its findings. source:
    where the rule comes from. safety: what makes its repair safe, or that it has none. needs: the fact
    (attestations, fees, history, policies) without which it has nothing to say. silent: a promise for speed, that
    it has nothing to say on a claim with this sketch which shares its date with no other; a pass that looks at some
    codes only may be shown one that is not ``whole``.
    """

    code: str
    name: str
    fault: str
    rationale: str
    looks_at: frozenset[str]
    reads: frozenset[str]
    alone: bool
    unit: str
    kinds: frozenset[str]
    repairs: bool
    group: str
    on: bool
    snip: int
    source: str
    safety: str
    examples: tuple[Example, ...]
    run: Callable[..., Iterator[Said]]
    takes_facts: bool
    needs: str
    silent: Callable[[Sketch], bool] | None

    def answers_to(self, word: str) -> bool:
        """Whether it is meant by a code, a name or a group's name, in any case."""
        return word.lower() in (self.code.lower(), self.name, self.group, "all")


def for_rules(one: Pass, codes: frozenset[str]) -> Pass:
    """A pass that asks a payer's rules looks at the codes that they are about, and at no others."""
    return one._replace(looks_at=codes, reads=codes) if one.needs == "policies" and codes else one


def group_of(module: str) -> str:
    """The folder a pass stands in, which is its group; "plugin" for a module that stands in none."""
    return module.split(".")[-2] if "." in module else "plugin"


def check(
    code: str,
    name: str,
    *,
    looks_at: Iterable[str] = EVERY_CODE,
    reads: Iterable[str] = (),
    alone: bool = False,
    kinds: Iterable[str] = (DATED,),
    repairs: bool = False,
    on: bool = True,
    snip: int = 7,
    source: str,
    safety: str = "It changes nothing: a person decides.",
    needs: str = "",
    silent: Callable[[Sketch], bool] | None = None,
    examples: tuple[Example, ...],
) -> Callable[[Callable[..., Iterator[Said]]], Pass]:
    """Make a pass of a generator function. Its docstring's first paragraph is the fault, the rest the rationale.

    Raises ValueError where a pass says less than every pass must: two examples, one of them silent, a fault, a source.
    """

    def made(run: Callable[..., Iterator[Said]]) -> Pass:
        fault, _, rationale = (inspect.cleandoc(run.__doc__ or "")).partition("\n\n")
        parameters = list(inspect.signature(run).parameters.values())
        said = parameters[0].annotation if parameters else ""
        unit = said if isinstance(said, str) else said.__name__
        missing = [
            lack
            for lack, present in (
                ("a docstring", bool(fault)),
                ("a rationale under its docstring's first paragraph", bool(rationale)),
                ("two examples", len(examples) >= 2),
                ("an example in which it is silent", any(not example.expect for example in examples)),
                (f"a first parameter {', '.join(UNITS)}", unit in UNITS),
            )
            if not present
        ]
        if missing:
            raise ValueError(f"pass {name} needs {', '.join(missing)}")
        return Pass(
            code,
            name,
            " ".join(fault.split()),
            rationale,
            frozenset(looks_at),
            frozenset(looks_at) | frozenset(reads),
            alone,
            unit,
            frozenset(kinds),
            repairs,
            group_of(run.__module__),
            on,
            snip,
            source,
            safety,
            examples,
            run,
            len(parameters) > 1,
            needs,
            silent,
        )

    return made
