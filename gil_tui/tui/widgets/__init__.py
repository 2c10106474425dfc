"""One file a widget: data in, strips out."""
