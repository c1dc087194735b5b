"""The words of the field as plain data: no input or output, no technology."""
