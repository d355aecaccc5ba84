"""`python -m effprof` is the same as `effprof`."""

from effprof.cli.main import main

if __name__ == "__main__":
    main()
