"""What keeps an installation running: `make backup`, `make restore`, `make doctor`, `make bundle`. A file a command."""
