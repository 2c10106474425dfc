"""One file a screen: it wires widgets to messages and holds no logic."""
