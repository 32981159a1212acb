"""Files of scored molecules: for plasmid editors, genome browsers, spreadsheets, scripts and readers."""
