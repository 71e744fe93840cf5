"""The command line: read options, call, print, exit."""

from __future__ import annotations

import errno
import gc
import os
import sys
from importlib import import_module

import click

from bitewing.exits import Exit
from bitewing.version import __version__

COMMANDS = {
    "check": "claims:check_command",
    "repair": "claims:repair_command",
    "validate": "conformance:validate_command",
    "ack": "conformance:ack_command",
    "hook": "hook:hook_command",
    "watch": "watch:watch_command",
    "serve": "serve:serve_command",
    "audit": "audit:audit_group",
    "undo": "audit:undo_command",
    "config": "config:config_group",
    "ingest": "store:ingest_command",
    "store": "store:store_group",
    "reconcile": "reconcile:reconcile_command",
    "why": "reconcile:why_command",
    "learn": "policies:learn_command",
    "policies": "policies:policies_group",
    "report": "policies:report_command",
    "view": "look:view_command",
    "explain": "look:explain_command",
    "passes": "passes:passes_group",
    "demo": "look:demo_command",
    "simulate": "simulate:simulate_command",
}
"""Every command, with the module of this folder and the name under which it is found there."""


class _Commands(click.Group):
    """Loads a command when it is asked for: none waits for what only another needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        module, _, attribute = COMMANDS.get(name, "").partition(":")
        if not module:
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{module}"), attribute)
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="bitewing")
def cli() -> None:
    """Checks and repairs dental claims (837D) without touching another byte."""


def main() -> None:
    """The ``bitewing`` command. No traceback reaches a person: a fault of the software is one line and exit code 70."""
    # Claims are let go as soon as they are judged; the collector would only walk over what stays.
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("bitewing: stopped; nothing was left half written", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(Exit.DONE)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left of the output has nowhere to go
        click.echo(f"bitewing: the output could not be written: {error.strerror}; make room and run again", err=True)
        sys.exit(Exit.TEMPORARY)
    except MemoryError:
        click.echo("bitewing: out of memory; run with fewer --jobs", err=True)
        sys.exit(Exit.TEMPORARY)
    except Exception as error:
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        line = f"{where.tb_frame.f_code.co_filename.rpartition('/')[2]}:{where.tb_lineno}" if where is not None else "?"
        click.echo(
            f"bitewing: internal fault ({type(error).__name__} at {line}); the input is as it was; please report it.",
            err=True,
        )
        sys.exit(Exit.INTERNAL)
    sys.exit(code if isinstance(code, int) else Exit.DONE)
