"""What another package adds to gil-tui; any Python from 3.8 on, with gil-tui installed there or not."""
