"""What explains the program: limits, help, shortcuts, licences, and what to send when something is wrong."""
