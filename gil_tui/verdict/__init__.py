"""What it means: pure functions, numbers in, words out; standard library only, no I/O."""
