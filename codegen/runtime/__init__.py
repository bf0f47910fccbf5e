"""What every generated module stands on; nothing in here knows which API it serves."""
