"""Pages that open in a browser: one file each, offline, from the same numbers as the Markdown."""
