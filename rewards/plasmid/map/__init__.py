"""Maps of annotated molecules, circular or linear, as plasmid editors draw them."""
