"""Reports: pure rendering of stored results, and thin writing; never imports torch."""
