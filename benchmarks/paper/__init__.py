"""The tables and figures of "Gradient Aligned Regression via Pairwise Losses", run anew."""
