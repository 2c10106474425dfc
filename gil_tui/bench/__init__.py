"""What is run: standard library only, syntax of Python 3.8, any CPython or PyPy."""
