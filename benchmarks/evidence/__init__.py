"""Whether what we say of evidence is so: intervals, stopping, gates, drift."""
