"""What interactive charts are made of: the one place with Altair."""
