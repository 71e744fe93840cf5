"""Images captured in one place and read in another: who reports what, and what an attestation changes."""
