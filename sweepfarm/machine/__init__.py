"""What a command does on this machine: find or start a server, start processes, check the machine."""
