"""What is seen: another process's GIL, threads and cores, from outside, never pausing it."""
