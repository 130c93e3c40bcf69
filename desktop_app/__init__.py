"""The desktop window: PyQt6 and pyqtgraph over the processor. Never torch, never training."""
