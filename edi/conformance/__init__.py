"""Whether a file keeps to its guide: envelope, structure, elements, balances, codes; each fault with its SNIP type."""
