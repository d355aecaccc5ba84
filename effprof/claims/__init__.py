"""The claims about EfficientNet's efficiency, and the verdicts that measured runs allow."""
