"""Three months of made-up facts on the example of two data centres, to show every kind of report."""
