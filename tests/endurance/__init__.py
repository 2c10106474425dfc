"""Attacks on the promises of gil-tui, too long for every commit: scripts that are run by hand."""
