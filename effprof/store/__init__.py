"""Where runs are kept: the only package that knows SQL, and the export and import of runs."""
