"""`python -m waakvlam`: the same as the command `waakvlam`."""

from waakvlam.cli import main

if __name__ == "__main__":
    main()
