"""What halving costs a search over hyper-parameters."""
