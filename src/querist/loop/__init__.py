"""Ask and tell on a frozen State: no I/O, no clock, no global seed."""
