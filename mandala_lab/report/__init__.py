"""A frame in files for others: a page, a text, a program. None of it runs what is stored, nor tells values unasked."""
