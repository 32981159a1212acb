"""HTTP: routes, the key, and the bodies that clients send."""
