"""The command line: parse, call, print. One file per command; `main` is the table of contents."""
