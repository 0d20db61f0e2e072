"""The only room that speaks SQL: the data directory, the database and its migrations."""
