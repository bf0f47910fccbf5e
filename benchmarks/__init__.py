"""What the project costs, measured against rivals in the same run: `make bench`."""
