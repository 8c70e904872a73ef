"""Names of the files that the parts of a comparison hand to each other."""

WORKLOAD = "workload.json"
WARM_UP = "warm-up.json"
