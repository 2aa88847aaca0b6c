"""`python -m verdigris`: the same as the command `verdigris`."""

from verdigris.cli import main

main()
