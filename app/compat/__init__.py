"""The face for one-stop software that calls like LGSP or VDXP: its calls in, our lookups behind them."""
