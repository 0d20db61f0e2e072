"""What runs inside the job's own interpreter: stand-alone files; only `forking` needs jobs_ext."""
