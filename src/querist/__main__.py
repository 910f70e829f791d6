"""`python -m querist` is `querist`."""

from querist.cli import main

if __name__ == "__main__":
    main()
