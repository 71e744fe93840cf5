"""Floor 1: bytes to meaning and back. Knows X12 and the dental guide, nothing of payers or of repair."""
