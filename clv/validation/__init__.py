"""How far to believe the forecast: backtests on the user's own past, and the model chosen by them."""
