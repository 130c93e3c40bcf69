"""Train, evaluate and export the network that `processor` runs."""
