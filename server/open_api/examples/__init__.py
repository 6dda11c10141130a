"""Request bodies that work against the demo as it is filled; `demo.py` names its objects."""
