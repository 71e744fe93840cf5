"""From matched lines to trials: what may be evidence, each patient's date of service once."""
