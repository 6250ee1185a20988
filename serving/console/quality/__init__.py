"""The console's pages about the quality of decisions: samples and agreement, second readings, exercises."""
