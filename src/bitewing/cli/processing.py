"""Options of everything that processes files as the hook does, and the policy that is made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import click

from bitewing.cli.options import FILE, config_of, facts_of, rules_of, usage
from bitewing.hook.modes import Mode
from bitewing.hook.policy import Limits, Policy
from bitewing.plugins import PluginError, passes
from bitewing.transforms.catalog import UnknownPass, chosen

F = TypeVar("F", bound=Callable[..., Any])
MODES = [one.value for one in Mode]


class Doing(NamedTuple):
    """policy: what is done. control: the first control number, where nothing counts on. sets_aside: whether it may."""

    policy: Policy
    control: int
    sets_aside: bool


def processing_options(function: F) -> F:
    """The options of hook, watch and serve."""
    for option in reversed(
        (
            click.option("--config", type=FILE, metavar="FILE.toml", help="Configuration: modes, partners, limits."),
            click.option("--select", multiple=True, metavar="PASS", help="Run only these."),
            click.option("--ignore", multiple=True, metavar="PASS", help="Do not run these."),
            click.option("--fees", type=FILE, metavar="FILE.csv", help="Fee schedule: code,charge[,billing_npi]."),
            click.option("--apply-fees", is_flag=True, help="A recoded line takes the fee of its new code."),
            click.option("--attest", type=FILE, metavar="FILE.json", help="Signed attestations, by claim and line."),
            click.option("--history", multiple=True, metavar="FILE", help="Earlier 837D files."),
            click.option("--store", type=FILE, metavar="STORE", help="A store, looked into as submission history."),
            click.option(
                "--policies", multiple=True, type=FILE, metavar="BOOK.xml|DIR", help="Policy books: what payers do."
            ),
            click.option("--with-proposed", is_flag=True, help="Use rules that nobody has accepted yet, too."),
            click.option("--split", is_flag=True, default=None, help="Set refused claims aside, let the others go on."),
            click.option("--mandatory", is_flag=True, default=None, help="What fails is set aside, not passed on."),
            click.option("--deadline", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="At most."),
        )
    ):
        function = option(function)
    return function


def doing_of(options: dict[str, Any]) -> Doing:
    """The policy. Raises ClickException (2)."""
    config = config_of(options["config"])
    said = config.hook
    rules = rules_of(options["policies"], with_proposed=options["with_proposed"], contracts=config.contracts)
    facts = facts_of(
        options["fees"], options["apply_fees"], options["attest"], options["history"], options["store"], rules
    )
    select = tuple(word for words in options["select"] for word in words.split(",") if word)
    ignore = tuple(word for words in options["ignore"] for word in words.split(",") if word)
    try:
        every = passes(config.allow)
        run = chosen(every, select or config.select, (*ignore, *config.ignore))
    except (UnknownPass, PluginError) as error:
        raise usage(error) from None
    names = {one.name for one in every}
    for table in (said.passes, *(one.passes for one in said.partners)):
        for name in table:
            if name not in names:
                raise usage(f"{config.origin}: there is no pass named {name}; 'bitewing passes list' shows them")
    split = said.split if options["split"] is None else options["split"]
    mandatory = said.mandatory if options["mandatory"] is None else options["mandatory"]
    policy = Policy(
        tuple(run),
        facts,
        said.mode,
        said.passes,
        said.partners,
        mandatory,
        split,
        said.acks,
        said.source,
        said.strict,
        Limits(said.limits.most_bytes, options["deadline"] or said.limits.seconds),
    )
    return Doing(policy, said.control, split or mandatory or any(one.mandatory for one in said.partners))
