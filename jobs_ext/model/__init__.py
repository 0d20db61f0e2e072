"""What a job is: frozen structs, statuses, tools, errors. No I/O; imports nothing of ours."""
