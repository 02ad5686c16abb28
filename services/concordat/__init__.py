"""Lawful case exchange between agencies: the agreement is the program that the stream runs."""
