"""What became of every claim: payments, what was matched, and what each line was paid, as records."""
