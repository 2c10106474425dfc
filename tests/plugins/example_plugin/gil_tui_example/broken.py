"""What goes wrong when it is imported hurts nobody else."""

print("this belongs on no screen")
raise SystemExit("no licence")
