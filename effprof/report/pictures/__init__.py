"""What is drawn of a run, as PNG and as charts; the only package that imports matplotlib."""
