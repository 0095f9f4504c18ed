"""Measurements of sklearn_gar; imports its public names only."""
