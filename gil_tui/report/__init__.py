"""Runs and sweeps as text and tables: said once, printed by the command line and shown on the screen."""
