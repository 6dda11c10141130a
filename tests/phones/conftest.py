"""The server of these tests has accounts at all vendors: in the sandbox."""

from tests.fixtures.phones import clock, phones, sandbox, server

__all__ = ["clock", "phones", "sandbox", "server"]
