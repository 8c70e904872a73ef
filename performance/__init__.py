"""Programs that measure: side by side with other tools, and against the machine's limit."""
