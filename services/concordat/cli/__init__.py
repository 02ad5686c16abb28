"""`concordat …`: the command line."""
