"""What runs inside the job's own interpreter: stand-alone files that need no jobs_ext."""
