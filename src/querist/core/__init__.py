"""The nouns every room shares: items, answers, policies, signals, states, errors and checks. NumPy only."""
