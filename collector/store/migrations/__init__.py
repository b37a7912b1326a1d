"""How the tables of a store came to be, one step per file under `versions`."""
