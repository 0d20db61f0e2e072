"""phyloDB's interface: its jobs, and the records that they work on."""
