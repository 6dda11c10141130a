"""Messages to people outside the page: what is to be sent, by whom, and what became of it."""

from server.domains.messages.sending import Sender
from server.domains.messages.service import on_one_time_code_requested

__all__ = ["Sender", "on_one_time_code_requested"]
