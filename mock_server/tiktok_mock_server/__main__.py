"""`python -m tiktok_mock_server`."""

from .cli import main

raise SystemExit(main())
