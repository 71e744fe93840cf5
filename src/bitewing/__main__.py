"""``python -m bitewing``."""

from bitewing.cli import main

if __name__ == "__main__":
    main()
