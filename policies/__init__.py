"""Floor 2: what payers do, and what was submitted to them before. Knows claims, nothing of repair."""
