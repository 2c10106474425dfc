"""Conducts runs: bench child, watch and verdict become a `Run`."""
