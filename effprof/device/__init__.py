"""What the hardware is and how it feels: CPU, NVML, fingerprint, measured peaks."""
