"""Querist."""
