"""The hook over HTTP. Nothing here is imported unless ``bitewing serve`` runs: it needs the extra ``serve``."""
