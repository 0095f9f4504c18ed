"""Tables and figures of the results, ours and the paper's side by side."""
