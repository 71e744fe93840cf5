"""What a payer is expected to do, from rules that a person accepted: told, never edited into a claim."""
