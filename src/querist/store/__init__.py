"""All the SQL, and only SQL: projects, items, rounds, answers, dataset versions and models in one database.

Open a `querist.store.db.Database`; every function of the other modules takes one of its connections first, so that the
caller decides what belongs to one transaction.
"""
