"""Forms and live panels for a notebook, made of ipywidgets and anywidget."""
