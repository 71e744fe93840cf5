"""The hook: a file in front of a clearinghouse goes in, what may go on comes out, and nothing is lost on the way."""
