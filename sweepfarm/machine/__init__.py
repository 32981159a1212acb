"""What a command needs of this machine: the server, its address, its child processes, the checks."""
