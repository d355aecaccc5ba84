"""What changed between nights: comparable series, detection, and the assessment of a night."""
