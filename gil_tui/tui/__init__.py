"""What is shown: the only place that imports Textual, Rich or plotext."""
