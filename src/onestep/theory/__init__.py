"""Numbers from formulas. Nothing here draws a random number or imports the simulation."""
