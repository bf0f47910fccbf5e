"""TikTok for Python: log in, publish once, and know what happened."""
