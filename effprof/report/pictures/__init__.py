"""Figures as PNG; the only package that imports matplotlib."""
