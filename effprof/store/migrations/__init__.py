"""Alembic migrations of the store; run by `effprof.store.migrate` when a store is opened."""
