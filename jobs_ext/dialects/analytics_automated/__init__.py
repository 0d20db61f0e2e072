"""Analytics Automated: jobs are configured by name, and take one file and a few words each."""
