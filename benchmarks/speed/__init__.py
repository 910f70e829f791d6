"""How fast each engine is beside other libraries', beside plain NumPy, and beside what the machine allows."""
