"""The tools that come with jobs_ext: one TOML file each, and the scripts they run."""
