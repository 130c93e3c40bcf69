"""What the programs carry: the model and its card, samples, presets, icons. Data only."""
