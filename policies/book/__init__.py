"""Policy books: what payers do, as rules that a person reads, accepts and retires. XML, checked by an XSD."""

from bitewing.policies.book.book import Book, BookError, read_book, read_books
from bitewing.policies.book.write import book_bytes

__all__ = ["Book", "BookError", "book_bytes", "read_book", "read_books"]
