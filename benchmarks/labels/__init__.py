"""What strategies save: label efficiency on real data, paired over seeds. Run with `python -m benchmarks.labels`."""
