"""The interactive charts of a run's page: the one place with Altair."""
