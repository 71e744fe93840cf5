"""The grammar of rules: one file a kind, with what is evidence for it (SQL), how it is judged, and its sentence."""
