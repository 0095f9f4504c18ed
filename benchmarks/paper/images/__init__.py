"""The paper's image tasks: ResNet18 from scratch, and linear probes on an RNC encoder."""
