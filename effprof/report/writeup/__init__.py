"""The write-up over many runs: is the network actually efficient? Every number is rendered."""
