"""What payers did, as one page that opens without a network: pictures, tables, and what is not known yet."""
