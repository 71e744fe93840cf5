"""What the claim should show beside its codes. Off unless selected: much of it may be in the chart."""
