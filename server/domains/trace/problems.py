"""What can go wrong while tracing, by name."""

from server.core.errors import Problem


class OneStartRequired(Problem):
    """A trace begins at exactly one thing: a code, a lot number, a supplier's lot number, or a production date."""

    status = 422
    code = "trace_one_start"


class TraceTookTooLong(Problem):
    """The database stopped the question at its time limit: nothing is answered rather than a part of the truth."""

    status = 503
    code = "trace_took_too_long"


class TraceIncomplete(Problem):
    """A recall cannot rest on a trace that was cut."""

    status = 409
    code = "trace_incomplete"
