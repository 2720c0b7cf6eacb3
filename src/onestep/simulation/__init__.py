"""Numbers from random draws. Nothing here knows a formula of the theory."""
