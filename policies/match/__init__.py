"""Which claim a payment is for, which line a paid line answers, and what became of it.

The steps are the SQL files of this folder, in the order of their names; README.md says what each makes.
"""

from __future__ import annotations

from pathlib import Path

from bitewing.edi.remit.balance import ALLOWED_SHARE
from bitewing.policies.engine import Engine
from bitewing.policies.match.included import included

HERE = Path(__file__).parent
_WORDS = {
    "{allowed_reasons}": ", ".join(f"'{reason}'" for reason in ALLOWED_SHARE),
    "{included}": ", ".join(f"('{member}', '{host}')" for member, host in included()),
}
"""What stands in braces in the steps: lists that the views use, too."""


def match(engine: Engine) -> None:
    """Make every table of matching in the engine, from the tables of the store. The same in any order of arrival."""
    for step in sorted(HERE.glob("*.sql")):
        script = step.read_text(encoding="utf-8")
        for word, meaning in _WORDS.items():
            script = script.replace(word, meaning)
        engine.run(script)
