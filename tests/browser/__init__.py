"""Real browsers on real JupyterLab servers."""
