"""Every change of the tables, oldest first; shipped inside the package and run when a database is opened."""
