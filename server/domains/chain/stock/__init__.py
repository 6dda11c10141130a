"""A lot's quantity: under lock, drawn, counted, moved, scrapped, and the gate of use."""
