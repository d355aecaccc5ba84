"""From a suite file to outcomes: plan the cells, run each in a fresh worker, hand results over."""
