"""What the operator decided: how far each pass may go, for which partner; what must not fail; what is too much."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from bitewing.hook.modes import Mode, lower
from bitewing.transforms.facts import Facts
from bitewing.transforms.model import Pass

ANSWERS = ("ta1", "999", "277ca")


class Limits(NamedTuple):
    """What is too much. most_bytes: of one file. seconds: for one file, from its first byte to its last answer."""

    most_bytes: int = 64 << 20
    seconds: float = 120.0  # not money


class Address(NamedTuple):
    """Between whom a group travels: ISA06, ISA08, GS02, GS03, without the blanks that fill them up."""

    isa06: str = ""
    isa08: str = ""
    gs02: str = ""
    gs03: str = ""


class Partner(NamedTuple):
    """A trading partner: the address that its groups have, "" for any, and what holds for them.

    mode, mandatory: None where the partner has none of its own. passes: modes of passes, by name, for this partner.
    """

    name: str
    address: Address
    mode: Mode | None = None
    mandatory: bool | None = None
    passes: Mapping[str, Mode] = {}

    def means(self, address: Address) -> bool:
        """Whether a group belongs to this partner."""
        return all(mine in ("", theirs) for mine, theirs in zip(self.address, address, strict=True))


class Policy(NamedTuple):
    """Everything that decides about a file, beside the file.

    passes: those that run, None for the built-in ones that are on. mode: where nothing else is said. pass_modes: by
    name of the pass. partners: the first that means a group is its partner. mandatory: what could not be done as it
    should is set aside, where otherwise the original goes on. split: claims that are refused are set aside by
    themselves and the others go on. acks: which answers are made. source: NAME:ID of who answers, "" for the receiver
    that the file names. strict: as for ``answer``.
    """

    passes: tuple[Pass, ...] | None = None
    facts: Facts = Facts()
    mode: Mode = Mode.SHADOW
    pass_modes: Mapping[str, Mode] = {}
    partners: tuple[Partner, ...] = ()
    mandatory: bool = False
    split: bool = False
    acks: tuple[str, ...] = ANSWERS
    source: str = ""
    strict: bool = False
    limits: Limits = Limits()

    def lowered(self, most: Mode) -> Policy:
        """The same, with nothing going further than ``most``."""
        return self._each(lambda mode: lower(mode, most))

    def raised(self, least: Mode) -> Policy:
        """The same, with nothing staying below ``least``."""
        return self._each(lambda mode: mode if mode.weight >= least.weight else least)

    def _each(self, change: Callable[[Mode], Mode]) -> Policy:
        """The same with every mode changed."""
        partners = tuple(
            one._replace(
                mode=None if one.mode is None else change(one.mode),
                passes={name: change(mode) for name, mode in one.passes.items()},
            )
            for one in self.partners
        )
        modes = {name: change(mode) for name, mode in self.pass_modes.items()}
        return self._replace(mode=change(self.mode), pass_modes=modes, partners=partners)

    def partner(self, address: Address) -> Partner | None:
        """Whose group this is, None where no partner is named for it."""
        return next((one for one in self.partners if one.means(address)), None)

    def must(self, address: Address) -> bool:
        """Whether what fails on a file with this address is set aside."""
        partner = self.partner(address)
        return self.mandatory if partner is None or partner.mandatory is None else partner.mandatory

    def base(self, address: Address, ceiling: Mode | None = None) -> Mode:
        """The mode of a group as a whole. ceiling: what the caller allows at most, and wants where nothing is said."""
        partner = self.partner(address)
        said = partner.mode if partner is not None else None
        return _under(ceiling, said if said is not None else ceiling or self.mode)

    def mode_of(self, name: str, address: Address, ceiling: Mode | None = None) -> Mode:
        """The mode of a pass in a group.

        What a partner says of the pass counts; else the lower of what is said of the pass and of the partner; else the
        default. The ceiling is never passed.
        """
        partner = self.partner(address)
        if partner is not None and name in partner.passes:
            return _under(ceiling, partner.passes[name])
        said = [self.pass_modes[name]] if name in self.pass_modes else []
        if partner is not None and partner.mode is not None:
            said.append(partner.mode)
        if not said:
            return ceiling or self.mode
        return _under(ceiling, said[0] if len(said) == 1 else lower(*said))


def _under(ceiling: Mode | None, mode: Mode) -> Mode:
    return mode if ceiling is None else lower(ceiling, mode)
