"""What tests are built with: fixtures, drivers, scripted twins, generated cases."""
