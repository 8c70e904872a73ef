"""Where the files of a checkpoint come from and what they are, read without running any of them."""
