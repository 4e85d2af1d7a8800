"""One script per question; each prints a table and draws a picture into results/."""
